import type { Lab } from '../../lab/lab.ts'
import type { RecordedBoot } from '../../lab/present-boots.ts'
import { vmStateFile } from '../../launch/common/vm/files.ts'
import { isActive, peekState } from '../../launch/common/vm/state.ts'
import { nextReach, type Reach, reachedAt, reachOf } from '../../session/boots.ts'
import { type Life, lifeOf } from '../../session/life.ts'
import type { OnceRow } from '../../state/once-table.ts'

/** The end of a machine. Times in ms since 1970. */
export interface Off {
  since: number
  /** How that is known: its system said so, its virtual machine ended, or its status command said so. */
  by: 'call-back' | 'vm' | 'power'
  /** Why its virtual machine ended, if not as it should. */
  why?: string
}

/** A machine's present boot, and the requests for its next one. */
export interface Progress {
  boot?: RecordedBoot
  /** When it was switched on last, ms since 1970. */
  woken?: number
  /** What it is to boot once. */
  once?: OnceRow
  /** The call-back token of its present boot. */
  token?: string
  /** Since when it is off, if that is known. */
  off?: Off
  /** Whether its system, once up, is up still. */
  life?: Life
}

export type ProgressLab = Pick<Lab, 'inventory' | 'boots' | 'assignments' | 'stateDir'>

/** The progress of the machine with this MAC, read from the state. Throws the errors of `Database`. */
export function progressOf(lab: ProgressLab, mac: string): Progress {
  const { woken, token, boot } = lab.boots.get(mac) ?? {}
  const life = boot && lifeOf(boot)
  const off =
    vmEnd(lab, mac, boot) ?? (life?.state === 'down' ? { since: life.since, by: life.by } : undefined)
  return { boot, woken, once: lab.assignments.onceOf(mac), token, off, life }
}

/** The end of its virtual machine on this host, unless it has booted since, somewhere else. */
function vmEnd({ inventory, stateDir }: ProgressLab, mac: string, boot?: RecordedBoot): Off | undefined {
  const { name, kind = 'metal' } = inventory.get(mac) ?? {}
  if (name === undefined || kind === 'metal') return undefined
  const state = peekState(vmStateFile(stateDir, name))
  if (state === undefined || isActive(state)) return undefined
  const since = Date.parse(state.since)
  if (boot !== undefined && boot.began > since) return undefined
  const why = state.phase === 'failed' ? state.error?.message : undefined
  return { since, by: 'vm', ...(why !== undefined && { why }) }
}

/** When the boot that counts was requested; 0: no boot was. */
export const requestedAt = ({ woken = 0, once }: Progress): number => Math.max(woken, once?.asked ?? 0)

/**
 * When the machine reached this stage or a later one (ms since 1970) in the boot that was requested last; undefined while
 * it has not, and when it is off or silent since. A one-time boot counts as up only when its assignment has been removed.
 */
export function reachedSince(progress: Progress, reach: Reach): number | undefined {
  const { boot, once, off, life } = progress
  const at = boot && reachedAt(boot, reach)
  if (at === undefined || at < requestedAt(progress)) return undefined
  if (off !== undefined || life?.state === 'silent') return undefined
  if (once === undefined) return at
  return reach !== 'up' && boot?.by === 'once' && boot.be === once.be ? at : undefined
}

/**
 * The machine's stage, and the one expected next; a boot from before the last request does not count. Beside the stages of
 * a boot: `silent`, `off`, `own disk`, `never seen`, `not seen since it was asked for`.
 */
export function stageOf(progress: Progress): { stage: string; expected: string } {
  const { boot, once, off, life } = progress
  const requested = requestedAt(progress)
  if (off !== undefined && off.since >= requested) return { stage: 'off', expected: 'asked' }
  if (boot === undefined || settledAt(boot) < requested) {
    const stage = requested === 0 ? 'never seen' : 'not seen since it was asked for'
    return { stage, expected: 'asked' }
  }
  if (boot.ownDisk !== undefined) return { stage: 'own disk', expected: 'file' }
  if (life?.state === 'silent') return { stage: 'silent', expected: 'a sign of life' }
  const reach = reachOf(boot)
  const then = once === undefined ? 'nothing' : `a boot of ${once.be}`
  return { stage: reach, expected: nextReach(reach) ?? then }
}

/** When the boot last made progress: the packets of a system that is up are not progress. */
const settledAt = ({ heard, reached, ownDisk = heard }: RecordedBoot): number =>
  Math.min(heard, reached.up ?? heard, ownDisk)
