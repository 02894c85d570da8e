import type { Lab } from '../../lab/lab.ts'
import type { RecordedBoot } from '../../lab/present-boots.ts'
import { nextReach, type Reach, reachedAt, reachOf } from '../../session/boots.ts'
import type { OnceRow } from '../../state/once-table.ts'

/** A machine's present boot, and the requests for its next one. */
export interface Progress {
  boot?: RecordedBoot
  /** When it was switched on last, ms since 1970. */
  woken?: number
  /** What it is to boot once. */
  once?: OnceRow
  /** The call-back token of its present boot. */
  token?: string
}

/** The progress of the machine with this MAC, read from the state. Throws the errors of `Database`. */
export function progressOf(
  { assignments, boots }: Pick<Lab, 'boots' | 'assignments'>,
  mac: string,
): Progress {
  const { woken, token, boot } = boots.get(mac) ?? {}
  return { boot, woken, once: assignments.onceOf(mac), token }
}

/**
 * When the machine reached this stage or a later one (ms since 1970) in the boot that was requested last; undefined while
 * it has not. A one-time boot counts as up only when its assignment has been removed.
 */
export function reachedSince({ boot, woken = 0, once }: Progress, reach: Reach): number | undefined {
  const at = boot && reachedAt(boot, reach)
  if (at === undefined || at < Math.max(woken, once?.asked ?? 0)) return undefined
  if (once === undefined) return at
  return reach !== 'up' && boot?.by === 'once' && boot.be === once.be ? at : undefined
}

/** The machine's stage, and the one expected next; a boot from before the last request does not count. */
export function stageOf({ boot, woken = 0, once }: Progress): { stage: string; expected: string } {
  const requested = Math.max(woken, once?.asked ?? 0)
  if (boot === undefined || settledAt(boot) < requested) {
    const stage = requested === 0 ? 'never seen' : 'not seen since it was asked for'
    return { stage, expected: 'asked' }
  }
  if (boot.ownDisk !== undefined) return { stage: 'own disk', expected: 'file' }
  const reach = reachOf(boot)
  const then = once === undefined ? 'nothing' : `a boot of ${once.be}`
  return { stage: reach, expected: nextReach(reach) ?? then }
}

/** When the boot last made progress: the packets of a system that is up are not progress. */
const settledAt = ({ heard, reached, ownDisk = heard }: RecordedBoot): number =>
  Math.min(heard, reached.up ?? heard, ownDisk)
