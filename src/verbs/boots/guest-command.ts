import { BeError } from '../../errors/errors.ts'
import { shellWord } from '../../host/shell-word.ts'
import type { Lab } from '../../lab/lab.ts'
import { sleep } from '../../net/net.ts'
import { progressOf, stageOf } from './progress.ts'
import { findMachine } from './wait.ts'

/** How often to look whether it is done, in ms. */
const LOOK_MS = 200

export interface GuestCommandRequest {
  /** Name or MAC. */
  machine: string
  be: string
  /** An argument vector. */
  command: readonly string[]
  /** How long it may run; it is killed then, with status 124. */
  seconds: number
}

/** What became of it. */
export interface GuestCommandResult {
  /** 0 to 255; 128 and a signal's number when that ended it; 124 when its time was over. */
  status: number
  /** Standard output and standard error as they came, 1 MiB at most. */
  output: Buffer
}

/**
 * Has COMMAND run by the machine's next boot of `be`, which reports that it is up by the call-back; asked for
 * before it starts. Answers the errand's number. Throws BE_MACHINE_UNKNOWN.
 */
export function requestCommand(rooms: Lab, { machine, be, command, seconds }: GuestCommandRequest): number {
  const words = command.map(shellWord)
  return rooms.guestCommands.put({
    machine: findMachine(rooms, machine).machine,
    be,
    command: words.join(' '),
    seconds,
    asked: rooms.clock.now(),
  })
}

/** Takes back what has not been done. */
export const cancelCommand = (rooms: Lab, id: number): void => rooms.guestCommands.remove(id)

/**
 * Waits until the errand is done, and forgets it. Throws BE_COMMAND_LATE (75) when it is not in time, with the
 * stage that the machine is at, and BE_COMMAND_LOST (75) when the machine began another boot in the middle of it, or
 * the waiting is given up.
 */
export async function awaitCommand(
  rooms: Lab,
  id: number,
  seconds: number,
  givenUp = () => false,
): Promise<GuestCommandResult> {
  const { clock, guestCommands: errands } = rooms
  const end = clock.monotonic() + seconds * 1000
  try {
    for (;;) {
      const errand = errands.get(id)
      if (errand === undefined) throw lost(`errand ${id} was taken back`)
      if (givenUp()) throw lost(`nobody waits for ${errand.command} any more`)
      if (errand.status !== undefined) return { status: errand.status, output: errands.output(id) }
      const progress = progressOf(rooms, errand.machine)
      if (errand.session !== undefined && errand.session !== progress.token) {
        throw lost(`the machine started again before ${errand.command} had ended`)
      }
      if (clock.monotonic() >= end) {
        const { stage, expected } = stageOf(progress)
        const silent = progress.boot?.reached.up !== undefined && errand.session === undefined
        throw new BeError('BE_COMMAND_LATE', `no exit status of ${errand.command} after ${seconds} s`, {
          expected:
            errand.session === undefined ? `the machine is at: ${stage}; ${expected} next` : 'it to end',
          hint: silent ? `it is up and does not ask for errands: be prepare ${errand.be}` : undefined,
          exit: 'tryAgain',
        })
      }
      await sleep(clock, LOOK_MS)
    }
  } finally {
    errands.remove(id)
  }
}

const lost = (message: string): BeError => new BeError('BE_COMMAND_LOST', message, { exit: 'tryAgain' })
