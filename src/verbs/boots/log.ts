import type { Lab } from '../../lab/lab.ts'
import { readMac } from '../../machines/mac.ts'
import { follow } from '../../session/follow.ts'
import { sessionsFile } from '../../session/log.ts'
import { readRecords } from '../../session/read.ts'
import type { SessionRecord } from '../../session/record.ts'

export interface SessionOptions {
  /** Go on as it happens. */
  follow?: boolean
  /** Only the last so many; of those before it goes on, 10. */
  last?: number
  /** Also what is normal and frequent: level debug. */
  verbose?: boolean
  /** Ends the following. */
  signal?: AbortSignal
}

/**
 * What happened, oldest first; of one machine only, if given. Throws BE_MACHINE_UNKNOWN for a name that
 * neither the inventory nor the log knows.
 */
export async function* sessionsOf(
  rooms: Pick<Lab, 'stateDir' | 'inventory'>,
  nameOrMac: string | undefined,
  { follow: goOn = false, last, verbose = false, signal }: SessionOptions,
): AsyncGenerator<SessionRecord> {
  const file = sessionsFile(rooms.stateDir)
  const mac = nameOrMac === undefined ? undefined : readMac(nameOrMac)
  const filter = { terse: !verbose, ...(nameOrMac !== undefined && { machine: mac ?? nameOrMac }) }
  const unsure = nameOrMac !== undefined && mac === undefined
  // A machine that was removed leaves its log.
  if (unsure && !(await hasAny(readRecords(file, { machine: nameOrMac })))) rooms.inventory.find(nameOrMac)
  yield* goOn
    ? follow(file, { ...filter, last: last ?? 10, ...(signal && { signal }) })
    : readRecords(file, { ...filter, last })
}

/** Whether anything comes. */
async function hasAny(items: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of items) return true
  return false
}
