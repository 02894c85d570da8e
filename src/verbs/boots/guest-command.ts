import { BeError } from '../../errors/errors.ts'
import { shellWord } from '../../host/shell-word.ts'
import type { Lab } from '../../lab/lab.ts'
import { poll } from '../../net/poll.ts'
import type { GuestCommandRow } from '../../state/guest-command-table.ts'
import { findMachine } from '../machines/find.ts'
import { progressOf, stageOf } from './progress.ts'

/** How often the state is read, in ms. */
const POLL_MS = 200

/** A command that a machine runs when its next boot of a boot environment is up. */
export interface GuestCommandInput {
  /** Name or MAC. */
  machine: string
  be: string
  /** An argument vector. */
  command: readonly string[]
  /** How long it may run; then it is killed, with status 124. */
  seconds: number
}

export interface GuestCommandResult {
  /** 0 to 255; 128 and a signal's number when that ended it; 124 when its time was over. */
  status: number
  /** Standard output and standard error as they came, 1 MiB at most. */
  output: Buffer
}

/** Requests it, before the machine is started; returns its id. Throws BE_MACHINE_UNKNOWN. */
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

/** Withdraws a command that has not been run. */
export const cancelCommand = ({ guestCommands }: Pick<Lab, 'guestCommands'>, id: number): void =>
  guestCommands.remove(id)

export interface AwaitCommandInput {
  id: number
  seconds: number
  /** Checked while waiting: true ends the waiting. */
  isCancelled?: () => boolean
}

/**
 * Waits until the command has ended, and removes it from the state. Throws BE_COMMAND_LATE (75) when the time is
 * over, with the stage that the machine is at, and BE_COMMAND_LOST (75) when the machine began another boot while
 * the command ran, or the waiting was cancelled.
 */
export async function awaitCommand(
  lab: Pick<Lab, 'guestCommands' | 'boots' | 'assignments' | 'clock'>,
  { id, seconds, isCancelled = () => false }: AwaitCommandInput,
): Promise<GuestCommandResult> {
  const { clock, guestCommands } = lab
  const current = (): GuestCommandRow => {
    const row = guestCommands.get(id)
    if (row === undefined) throw lost(`command ${id} was withdrawn`)
    return row
  }
  const check = (): GuestCommandResult | undefined => {
    const { command, machine, session, status } = current()
    if (isCancelled()) throw lost(`nobody waits for ${command} any more`)
    if (status !== undefined) return { status, output: guestCommands.output(id) }
    if (session !== undefined && session !== progressOf(lab, machine).token) {
      throw lost(`the machine started again before ${command} had ended`)
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

function late(
  { be, command, session }: GuestCommandRow,
  progress: ReturnType<typeof progressOf>,
  seconds: number,
): BeError {
  const { stage, expected } = stageOf(progress)
  const silent = progress.boot?.reached.up !== undefined && session === undefined
  return new BeError('BE_COMMAND_LATE', `no exit status of ${command} after ${seconds} s`, {
    expected: session === undefined ? `the machine is at: ${stage}; ${expected} next` : 'it to end',
    hint: silent ? `it is up and does not ask for commands: be prepare ${be}` : undefined,
  })
}

const lost = (message: string): BeError => new BeError('BE_COMMAND_LOST', message)
