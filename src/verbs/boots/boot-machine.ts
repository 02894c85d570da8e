import { parseBeName } from '../../be/name.ts'
import { BeError } from '../../errors/errors.ts'
import { TerminationSignals } from '../../launch/common/tree/signals.ts'
import type { Machine } from '../../machines/machine.ts'
import type { Appliance } from '../appliance.ts'
import { stopMachine } from '../vms/vms.ts'
import type { BootOn } from './boot.ts'
import { awaitCommand, cancelCommand, requestCommand } from './guest-command.ts'
import { takeBackOnce } from './once.ts'

/** From switching on to the end of the command, in seconds, where nothing else is said. */
const PATIENCE = 600

/**
 * Boots a machine into `be`, once, has COMMAND run there, and answers its exit status; what it printed goes to
 * `write`. A virtual machine is off again afterwards, and nothing is left to be booted once, interrupted (128 and
 * the signal's number) or not. Throws BE_NO_MACHINE, BE_MACHINE_KIND, and what `bootpxe`, `awaitErrand` and
 * `stopMachine` throw.
 */
export async function bootMachine(be: Appliance, wanted: BootOn): Promise<number> {
  const { be: name, launch, command, timeoutMs, write } = wanted
  const machine = machineOf(be, wanted)
  if (be.dryRun) {
    await be.bootpxe(name, [machine.name], true)
    be.say(`would run there: ${command.join(' ')}`)
    return 0
  }
  const seconds = timeoutMs === undefined ? PATIENCE : Math.ceil(timeoutMs / 1000)
  const { name: plain } = await be.store.get(parseBeName(name, be.settings['be.parent']))
  const { mac } = machine
  const before = be.assignments.onceOf(mac)
  const errand = requestCommand(be, { machine: mac, be: plain, command, seconds })
  const signals = new TerminationSignals()
  let started = false
  let came = false
  try {
    await be.bootpxe(name, [machine.name], true)
    started = launch !== 'metal'
    be.say(`${machine.name} (${launch}) is to boot ${plain} and run ${command.join(' ')}`)
    const givenUp = () => signals.first !== undefined
    const { status, output } = await awaitCommand(be, errand, seconds, givenUp)
    came = true
    write?.(output)
    return status
  } catch (error) {
    if (signals.status === undefined) throw error
    return signals.status
  } finally {
    cancelCommand(be, errand)
    const once = be.assignments.onceOf(mac)
    if (!came && once !== undefined && once.asked !== before?.asked) takeBackOnce(be, [mac])
    // What never came up has no shutdown to wait for.
    if (started) await stopMachine(be, machine, !came)
    signals.close()
  }
}

/** The machine, which must be one that is started that way. */
function machineOf(be: Appliance, { launch, machine }: BootOn): Machine {
  if (machine === undefined) {
    throw new BeError('BE_NO_MACHINE', `no machine named to boot on ${launch}`, {
      expected: '--machine MACHINE',
      exit: 'usage',
    })
  }
  const found = be.inventory.find(machine)
  const { name, kind = 'metal' } = found
  if (kind === launch) return found
  throw new BeError('BE_MACHINE_KIND', `${name} is of kind ${kind}`, {
    expected: `one of kind ${launch}`,
    hint: `be boot --on ${kind}`,
    exit: 'usage',
  })
}
