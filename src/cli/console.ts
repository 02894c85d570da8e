import type { Command } from 'commander'
import { connectLocal } from '../net/local-socket.ts'
import type { Appliance } from '../verbs/appliance.ts'
import { consoleOf, machineHere } from '../verbs/vms/vms.ts'
import { outputGone } from './output.ts'
import { say, withAppliance } from './session.ts'
import { openTerminal } from './terminal.ts'

/** `be console`, and `be vm console`. */
export const consoleVerb = (parent: Command): Command =>
  parent
    .command('console <machine>')
    .description('attach to the console of a virtual machine; ~. or ^] leaves it')
    .action((name: string, _: unknown, command: Command) =>
      withAppliance(command, appliance => attach(appliance, name)),
    )

/** Until the machine is off or the person has left. Throws BE_VM_OFF. */
export async function attach(appliance: Appliance, name: string): Promise<void> {
  const machine = await machineHere(appliance, name)
  const socket = await consoleOf(appliance, machine)
  if (appliance.dryRun) return say(`would attach to the console of ${machine.name}`)
  const connection = await connectLocal(socket)
  if (process.stdin.isTTY) say(`console of ${machine.name}; ~. or ^] leaves it`)
  connection.onData(data => process.stdout.write(data))
  const terminal = openTerminal(data => connection.write(data))
  const how = await new Promise<string>(done => {
    connection.onClose(() => done('is off'))
    void terminal.left.then(() => done('runs on'))
    outputGone.addEventListener('abort', () => done('runs on'))
  })
  terminal.close()
  connection.close()
  if (process.stdin.isTTY) say(`${machine.name} ${how}`)
}
