import { BeError } from '../../errors/errors.ts'
import { TerminationSignals } from '../../host/signals.ts'
import type { Lab } from '../../lab/lab.ts'
import type { LaunchName } from '../../launch/index.ts'
import type { Machine } from '../../machines/machine.ts'
import { beName } from '../environments/names.ts'
import { stopMachine } from '../vms/stop.ts'
import { type BootPxeLab, bootPxe } from './bootpxe.ts'
import { awaitCommand, cancelCommand, requestCommand } from './guest-command.ts'
import { takeBackOnce } from './once.ts'

export interface BootMachineInput {
  be: string
  /** How the machine is started; its kind. */
  launch: LaunchName
  /** An argument vector. */
  command: readonly string[]
  /** Name or MAC; required, although it is optional for `be boot`. */
  machine?: string
  /** From switching on to the end of the command; default: DEFAULT_SECONDS. */
  timeoutMs?: number
  /** Receives what the command printed, when it has ended. */
  onOutput?(output: Buffer): void
}

export type BootMachineLab = BootPxeLab & Pick<Lab, 'guestCommands'>

const DEFAULT_SECONDS = 600

/**
 * Boots a machine into `be` once, runs the command there, and resolves with its exit status; 128 plus the signal's
 * number when interrupted. In every case a virtual machine is stopped afterwards, and a one-time assignment that was not
 * used is taken back. Throws BE_MACHINE_NEEDED, BE_MACHINE_KIND, and what bootPxe, awaitCommand and stopMachine throw.
 */
export async function bootMachine(lab: BootMachineLab, input: BootMachineInput): Promise<number> {
  const { launch, command, timeoutMs, onOutput } = input
  const machine = machineFor(lab, input)
  const { name, mac } = machine
  const boot = { name: input.be, machines: [name], once: true }
  if (lab.dryRun) {
    await bootPxe(lab, boot)
    lab.say(`would run there: ${command.join(' ')}`)
    return 0
  }
  const seconds = timeoutMs === undefined ? DEFAULT_SECONDS : Math.ceil(timeoutMs / 1000)
  const { name: be } = await lab.store.get(beName(lab, input.be))
  const before = lab.assignments.onceOf(mac)
  const id = requestCommand(lab, { machine: mac, be, command, seconds })
  const signals = new TerminationSignals()
  let started = false
  let ended = false
  try {
    await bootPxe(lab, boot)
    started = launch !== 'metal'
    lab.say(`${name} (${launch}) is to boot ${be} and run ${command.join(' ')}`)
    const isCancelled = () => signals.first !== undefined
    const { status, output } = await awaitCommand(lab, { id, seconds, isCancelled })
    ended = true
    onOutput?.(output)
    return status
  } catch (error) {
    if (signals.status === undefined) throw error
    return signals.status
  } finally {
    cancelCommand(lab, id)
    const once = lab.assignments.onceOf(mac)
    if (!ended && once !== undefined && once.asked !== before?.asked) takeBackOnce(lab, { machines: [mac] })
    // A system that never came up has no shutdown to wait for.
    if (started) await stopMachine(lab, { machine, now: !ended })
    signals.close()
  }
}

/** The machine, whose kind must be the launch. */
function machineFor({ inventory }: Pick<Lab, 'inventory'>, { launch, machine }: BootMachineInput): Machine {
  if (machine === undefined) {
    throw new BeError('BE_MACHINE_NEEDED', `no machine named to boot on ${launch}`, {
      expected: '--machine MACHINE',
    })
  }
  const found = inventory.find(machine)
  const { name, kind = 'metal' } = found
  if (kind === launch) return found
  throw new BeError('BE_MACHINE_KIND', `${name} is of kind ${kind}`, {
    expected: `one of kind ${launch}`,
    hint: `be boot --on ${kind}`,
  })
}
