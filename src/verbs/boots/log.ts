import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { readMac } from '../../machines/mac.ts'
import { follow } from '../../session/follow.ts'
import { sessionsFile } from '../../session/log.ts'
import { readRecords } from '../../session/read.ts'
import type { SessionRecord } from '../../session/record.ts'

export interface LogInput {
  /** Name or MAC; default: all machines. */
  machine?: string
  /** Continue with new records as they are written. */
  follow?: boolean
  /** Most records to begin with, the last ones; default: all, with `follow` 10. */
  last?: number
  /** Include events of level debug. */
  verbose?: boolean
  /** Ends `follow`. */
  signal?: AbortSignal
}

/**
 * The records of the session log, oldest first. Throws BE_MACHINE_UNKNOWN for a name that neither the inventory nor
 * the log has, BE_STATE_PERMISSION.
 */
export async function* sessionRecords(
  lab: Pick<Lab, 'stateDir' | 'inventory'>,
  input: LogInput,
): AsyncGenerator<SessionRecord> {
  try {
    yield* recordsOf(lab, input)
  } catch (error) {
    // Who may not read the log may not read the state either, whose error says who may.
    if (error instanceof BeError && error.code === 'BE_FILE_PERMISSION') lab.inventory.list()
    throw error
  }
}

async function* recordsOf(
  lab: Pick<Lab, 'stateDir' | 'inventory'>,
  { machine, follow: isFollowed = false, last, verbose = false, signal }: LogInput,
): AsyncGenerator<SessionRecord> {
  const file = sessionsFile(lab.stateDir)
  const mac = machine === undefined ? undefined : readMac(machine)
  const filter = { terse: !verbose, ...(machine !== undefined && { machine: mac ?? machine }) }
  const isName = machine !== undefined && mac === undefined
  // The log of a machine that was removed can still be read.
  if (isName && !(await hasAny(readRecords(file, { machine })))) lab.inventory.find(machine)
  yield* isFollowed
    ? follow(file, { ...filter, last: last ?? 10, signal })
    : readRecords(file, { ...filter, last })
}

async function hasAny(items: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of items) return true
  return false
}
