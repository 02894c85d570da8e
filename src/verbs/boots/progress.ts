import type { Lab } from '../../lab/lab.ts'
import type { RecordedBoot } from '../../serve/boots/tracker.ts'
import { nextReach, type Reach, reachedAt, reachOf } from '../../session/boots.ts'
import type { OnceRow } from '../../state/once-table.ts'

/** A machine's present boot, and what was asked of it since. */
export interface Progress {
  /** MAC: the inventory's, or that of an interface that nobody made known. */
  machine: string
  boot?: RecordedBoot
  /** When it was woken last, ms since 1970. */
  woken?: number
  once?: OnceRow
  token?: string
}

/** What is known now. Throws those of `Database`. */
export function progressOf(rooms: Pick<Lab, 'boots' | 'assignments'>, machine: string): Progress {
  const once = rooms.assignments.onceOf(machine)
  return { machine, ...rooms.boots.get(machine), ...(once && { once }) }
}

/**
 * When it came at least so far: in the boot that was asked for, where one was, not in one before. Up is what it
 * boots once only when that is used up.
 */
export function reachedSince({ boot, woken = 0, once }: Progress, reach: Reach): number | undefined {
  const at = boot && reachedAt(boot, reach)
  if (at === undefined || at < Math.max(woken, once?.asked ?? 0)) return undefined
  if (once === undefined) return at
  return reach !== 'up' && boot?.by === 'once' && boot.be === once.be ? at : undefined
}

/** Where it is, in words, and what is to come next; what came before it was asked for says nothing. */
export function stageOf({ boot, woken = 0, once }: Progress): { stage: string; expected: string } {
  const asked = Math.max(woken, once?.asked ?? 0)
  if (boot === undefined || shownAt(boot) < asked) {
    return { stage: asked === 0 ? 'never seen' : 'not seen since it was asked for', expected: 'asked' }
  }
  if (boot.ownDisk !== undefined) return { stage: 'own disk', expected: 'file' }
  const reach = reachOf(boot)
  const then = once === undefined ? 'nothing' : `a boot of ${once.be}`
  return { stage: reach, expected: nextReach(reach) ?? then }
}

/** When it last became what it is: a system that runs is heard of long after. */
const shownAt = ({ heard, reached, ownDisk = heard }: RecordedBoot): number =>
  Math.min(heard, reached.up ?? heard, ownDisk)
