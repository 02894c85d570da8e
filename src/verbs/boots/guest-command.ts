import { BeError } from '../../errors/errors.ts'
import { shellWord } from '../../host/shell-word.ts'
import type { Lab } from '../../lab/lab.ts'
import { poll } from '../../net/poll.ts'
import type { GuestCommandRow } from '../../state/guest-command-table.ts'
import { findMachine } from '../machines/find.ts'
import { atStage } from './at-stage.ts'
import { type Progress, type ProgressLab, progressOf, stageOf } from './progress.ts'

/** How often the state is read, in ms. */
const POLL_MS = 200

/** A command that a machine is to run when its next boot of a boot environment is up. */
export interface GuestCommandInput {
  /** Name or MAC. */
  machine: string
  be: string
  /** An argument vector. */
  command: readonly string[]
  /** Time limit of the command; it is killed after that, with status 124. */
  seconds: number
}

export interface GuestCommandResult {
  /** 0 to 255; 128 plus the number of the signal that ended it; 124 after its time limit. */
  status: number
  /** Standard output and standard error together, at most 1 MiB. */
  output: Buffer
}

/** Records the request, before the machine is started; returns its id. Throws BE_MACHINE_UNKNOWN. */
export function requestCommand(
  lab: Pick<Lab, 'inventory' | 'guestCommands' | 'clock'>,
  { machine, be, command, seconds }: GuestCommandInput,
): number {
  return lab.guestCommands.put({
    machine: findMachine(lab, machine).mac,
    be,
    command: command.map(shellWord).join(' '),
    seconds,
    asked: lab.clock.now(),
  })
}

/** Removes a command from the state; one that has not begun is not run. */
export const cancelCommand = ({ guestCommands }: Pick<Lab, 'guestCommands'>, id: number): void =>
  guestCommands.remove(id)

export interface AwaitCommandInput {
  /** As requestCommand returned it. */
  id: number
  /** How long to wait, the machine's boot included. */
  seconds: number
  /** Called at each check; true ends the waiting. */
  isCancelled?: () => boolean
}

/**
 * Waits until the command has ended, and removes it from the state. Throws BE_COMMAND_LATE (75) when the time is
 * over, with the machine's stage, and BE_COMMAND_LOST (75) when the machine began another boot while the command ran, or
 * when its virtual machine ended, or when the waiting was cancelled.
 */
export async function awaitCommand(
  lab: ProgressLab & Pick<Lab, 'guestCommands' | 'clock'>,
  { id, seconds, isCancelled = () => false }: AwaitCommandInput,
): Promise<GuestCommandResult> {
  const { clock, guestCommands } = lab
  const current = (): GuestCommandRow => {
    const row = guestCommands.get(id)
    if (row === undefined) throw lost(`command ${id} was withdrawn`)
    return row
  }
  const check = (): GuestCommandResult | undefined => {
    const { command, machine, session, status, asked } = current()
    if (isCancelled()) throw lost(`nobody waits for ${command} any more`)
    if (status !== undefined) return { status, output: guestCommands.output(id) }
    const progress = progressOf(lab, machine)
    if (session !== undefined && session !== progress.token) {
      throw lost(`the machine started again before ${command} had ended`)
    }
    if (progress.off?.by === 'vm' && progress.off.since > asked) {
      throw lost(`the machine is ${atStage(progress)}, and ${command} had not ended`)
    }
    return undefined
  }
  try {
    const result = await poll(clock, { everyMs: POLL_MS, limitMs: seconds * 1000 }, check)
    if (result !== undefined) return result
    const row = current()
    throw late(row, progressOf(lab, row.machine), seconds)
  } finally {
    guestCommands.remove(id)
  }
}

function late({ be, command, session }: GuestCommandRow, progress: Progress, seconds: number): BeError {
  const { expected } = stageOf(progress)
  const silent = progress.boot?.reached.up !== undefined && session === undefined
  return new BeError('BE_COMMAND_LATE', `no exit status of ${command} after ${seconds} s`, {
    expected:
      session === undefined ? `the machine is at: ${atStage(progress)}; ${expected} next` : 'it to end',
    hint: silent ? `it is up and does not ask for commands: be prepare ${be}` : undefined,
  })
}

const lost = (message: string): BeError => new BeError('BE_COMMAND_LOST', message)
