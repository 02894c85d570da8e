import type { Lab } from '../../lab/lab.ts'
import type { RecordedBoot } from '../../lab/present-boots.ts'
import { nextReach, type Reach, reachedAt, reachOf } from '../../session/boots.ts'
import type { OnceRow } from '../../state/once-table.ts'

/** A machine's present boot, and what was requested of the machine since. */
export interface Progress {
  /** The MAC that the inventory has of it, or that of an interface which it does not know. */
  mac: string
  boot?: RecordedBoot
  /** When it was woken last, ms since 1970. */
  woken?: number
  once?: OnceRow
  token?: string
}

/** As the state has it now. Throws those of `Database`. */
export function progressOf(
  { assignments, boots }: Pick<Lab, 'boots' | 'assignments'>,
  mac: string,
): Progress {
  const once = assignments.onceOf(mac)
  const { woken, token, boot } = boots.get(mac) ?? {}
  return {
    mac,
    ...(woken !== undefined && { woken }),
    ...(token !== undefined && { token }),
    ...(boot !== undefined && { boot }),
    ...(once && { once }),
  }
}

/**
 * When the machine reached this stage or a later one (ms since 1970) in the boot that was requested, not in an earlier
 * one. A boot of what is booted once counts as up only when the once is used up.
 */
export function reachedSince({ boot, woken = 0, once }: Progress, reach: Reach): number | undefined {
  const at = boot && reachedAt(boot, reach)
  if (at === undefined || at < Math.max(woken, once?.asked ?? 0)) return undefined
  if (once === undefined) return at
  return reach !== 'up' && boot?.by === 'once' && boot.be === once.be ? at : undefined
}

/** The machine's stage, and what is expected next; a boot from before the last request does not count. */
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

/** When the boot last moved on: a system that is up is heard of long after. */
const settledAt = ({ heard, reached, ownDisk = heard }: RecordedBoot): number =>
  Math.min(heard, reached.up ?? heard, ownDisk)
