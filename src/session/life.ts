import type { SessionRecord } from './record.ts'

/**
 * What shows that a system is up: its call-back, the heartbeat of nbe-up, traffic on its root after the mount, or DHCP of
 * its own.
 */
export type Evidence = 'call-back' | 'heartbeat' | 'nfs' | 'dhcp'

/** The signs of life of a system, as its boot records them. Times in ms since the epoch. */
export interface Signs {
  be?: string
  /** `up`: when it came up. */
  reached: { up?: number }
  /** What showed that it had come up. */
  evidence?: Evidence
  /** The last sign of each kind since then. */
  seen?: Partial<Record<Evidence, number>>
  /** Interval (ms) of the heartbeat that it has announced. */
  beat?: number
  /** Its last sign of life, when that is too long ago. */
  silent?: number | undefined
  /** When it reported that it shuts down, or its management controller that it is off. */
  down?: number | undefined
  /** Set when the latter is how that is known. */
  downBy?: 'power' | undefined
}

/** A sign of life. */
export interface Sign {
  by: Evidence
  at: number
}

/** Whether a system that came up is up still. `silent`: since its last sign, which was `by`. `down`: by its own report, or that of its power. */
export type Life =
  | ({ state: 'up' } & Sign)
  | { state: 'silent'; since: number; by: Evidence }
  | { state: 'down'; since: number; by: 'call-back' | 'power' }

/** Heartbeats that may get lost. */
const MOST_MISSED = 3
/** A root on NFS is hardly ever left alone for so long (ms): attributes are cached for a minute. */
const NFS_MS = 600_000
/** Leases are renewed within this time (ms), but for very long ones. A call-back without heartbeat says no more. */
const ONCE_MS = 86_400_000

/** Applies what a record says about the life of a system that is up. */
export function updateSigns(boot: Signs, record: SessionRecord, at: number): void {
  const { event, detail } = record
  if (event === 'os:up' && typeof detail?.beat === 'number') boot.beat = detail.beat * 1000
  if (event === 'os:up' || event === 'os:beat') boot.down = boot.downBy = undefined
  if (event === 'os:silent') boot.silent = lastSign(boot)?.at
  if (event === 'os:down') {
    boot.down = at
    boot.downBy = detail?.by === 'power' ? 'power' : undefined
  }
  const by = signIn(boot, record)
  if (by === undefined || boot.reached.up === undefined) return
  boot.seen = { ...boot.seen, [by]: at }
  boot.silent = undefined
}

/** The sign of life in a record. */
function signIn(boot: Signs, { event, stage, be, detail }: SessionRecord): Evidence | undefined {
  if (event === 'os:up') return detail?.evidence as Evidence
  if (event === 'os:beat') return 'heartbeat'
  if (event === 'nfs:traffic') return be === boot.be ? 'nfs' : undefined
  // Where there should be a heartbeat, DHCP may be that of the system on its own disk.
  const isDhcp = stage === 'os' && /^dhcp:(ack|taken)$/.test(event)
  return isDhcp && boot.beat === undefined ? 'dhcp' : undefined
}

/** The last sign of life; undefined of a system that has not come up. */
export function lastSign({ reached, evidence, seen }: Signs): Sign | undefined {
  let last: Sign | undefined
  for (const [by, at] of Object.entries(seen ?? {})) {
    if (last === undefined || at >= last.at) last = { by: by as Evidence, at }
  }
  // Records of older versions have no signs after the first.
  return last ?? (reached.up === undefined ? undefined : { by: evidence ?? 'dhcp', at: reached.up })
}

/** How long (ms) after its last sign a system counts as up. */
export function signHolds({ beat, seen }: Signs): number {
  if (beat !== undefined) return beat * MOST_MISSED
  return seen?.nfs === undefined ? ONCE_MS : NFS_MS
}

/** Undefined of a system that has not come up. */
export function lifeOf(boot: Signs): Life | undefined {
  const last = lastSign(boot)
  if (last === undefined) return undefined
  if (boot.down !== undefined) return { state: 'down', since: boot.down, by: boot.downBy ?? 'call-back' }
  if (boot.silent !== undefined) return { state: 'silent', since: boot.silent, by: last.by }
  return { state: 'up', ...last }
}
