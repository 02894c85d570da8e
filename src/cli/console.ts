import type { Command } from 'commander'
import type { Lab } from '../lab/lab.ts'
import { connectLocal } from '../net/local-socket.ts'
import { consoleOf } from '../verbs/vms/console.ts'
import { withLab } from './support/lab.ts'
import { outputGone } from './support/output.ts'
import { say } from './support/print.ts'
import { openTerminal } from './support/terminal.ts'

/** `be console`, and `be vm console`. */
export const consoleVerb = (parent: Command): Command =>
  parent
    .command('console <machine>')
    .description('attach to the console of a virtual machine; ~. or ^] leaves it')
    .action((machine: string, _: unknown, command: Command) => withLab(command, lab => attach(lab, machine)))

/** Attaches this terminal to a machine's console; resolves when the machine is off, or on ~. or ^]. Throws BE_VM_OFF. */
export async function attach(lab: Lab, name: string): Promise<void> {
  const { machine, socket } = await consoleOf(lab, { machine: name })
  if (lab.dryRun) return say(`would attach to the console of ${machine}`)
  const connection = await connectLocal(socket)
  if (process.stdin.isTTY) say(`console of ${machine}; ~. or ^] leaves it`)
  connection.onData(data => process.stdout.write(data))
  const terminal = openTerminal(data => connection.write(data))
  const end = await new Promise<string>(done => {
    connection.onClose(() => done('is off'))
    void terminal.left.then(() => done('runs on'))
    outputGone.addEventListener('abort', () => done('runs on'))
  })
  terminal.close()
  connection.close()
  if (process.stdin.isTTY) say(`${machine} ${end}`)
}
