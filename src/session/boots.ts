import { visible } from '../errors/visible.ts'
import type { SessionEvent } from './event.ts'
import type { SessionRecord } from './record.ts'

/** How far a boot comes: its firmware asked, it has a boot file, its loader runs, it has a kernel, it is up. */
export const REACHES = ['asked', 'file', 'loader', 'kernel', 'up'] as const
export type Reach = (typeof REACHES)[number]

/** What says that a system is up: its own word, the traffic on its root after the mount, or its own DHCP. */
export type Evidence = 'call-back' | 'nfs' | 'dhcp'

/** One machine's way from its first DISCOVER to a running system, or as far as it came. Times: ms since 1970. */
export interface Boot {
  /** Of the interface that it uses. */
  mac: string
  /** The boot environment that it is to run, and the rule that said so. */
  be?: string
  by?: string
  handoff?: string
  /** What runs will report that it is up: nothing less counts. */
  reports?: boolean
  began: number
  /** When anything was heard of it last. */
  heard: number
  /** The client stages that it went through, in order, each once. */
  stages: string[]
  /** Whether it got beyond asking at the present stage. */
  moved: boolean
  /** When it came how far; a later one says that those before were passed. */
  reached: Partial<Record<Reach, number>>
  evidence?: Evidence
  /** In its own words: uname(1), and what is mounted at its root. */
  uname?: string
  root?: string
  /** When its kernel mounted its root, as the NFS server saw it, and the calls since. */
  mounted?: number
  calls: number
  /** iPXE took a loader that it was told to start. */
  chained?: boolean
  /** Bytes that it was sent, by protocol. */
  bytes: { tftp: number; http: number; nfs: number }
  /** Addresses that it was given. */
  addresses: string[]
  /** When the system on its own disk showed itself. */
  ownDisk?: number | undefined
  /** A system showed itself that may be that of its own disk. */
  unsure?: boolean
  /** What went wrong since it came so far. */
  trouble?: string | undefined
}

/** How far a client stage is on the way; a DISCOVER of an earlier one than was reached is a new boot. */
const ORDER: Record<string, number> = { firmware: 0, http: 0, ipxe: 1, loader: 2, os: 3 }

/** Firmware that has been silent for so long and asks again was switched off in between. */
const SILENCE_MS = 600_000

const KERNEL = /\/(boot\/kernel[^/]*\/kernel(\.gz|\.bz2|\.zst)?|(vmlinu[xz]|bzImage|Image)[^/]*)$/

/**
 * The boot that a record of this machine belongs to: the same one with what the record adds, or, told by its
 * identity, a new one. Undefined: no boot has begun.
 */
export function applyRecord(boot: Boot | undefined, record: SessionRecord): Boot | undefined {
  const at = Date.parse(record.time)
  const current = begins(boot, record, at) ? fresh(record, at) : boot
  if (current !== undefined) add(current, record, at)
  return current
}

/** How far it came. */
export const reachOf = (boot: Boot): Reach =>
  REACHES.findLast(reach => boot.reached[reach] !== undefined) ?? 'asked'

/** What is to come after that; undefined when it is up. */
export const nextReach = (reach: Reach): Reach | undefined => REACHES[REACHES.indexOf(reach) + 1]

/** When it came at least so far; undefined: it has not. */
export function reachedAt(boot: Boot, reach: Reach): number | undefined {
  const times = REACHES.slice(REACHES.indexOf(reach)).flatMap(one => boot.reached[one] ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}

/**
 * Firmware repeats its DISCOVER, even after an OFFER (seen: iPXE ROMs, twice within a second), so one at the
 * same stage only counts after something else has happened. ROMs that are iPXE begin with stage ipxe.
 */
function begins(boot: Boot | undefined, record: SessionRecord, at: number): boolean {
  const order = ORDER[record.stage ?? '']
  if (record.event !== 'dhcp:discover' || order === undefined || order === ORDER.os) return false
  if (boot === undefined) return true
  const reached = Math.max(-1, ...boot.stages.map(stage => ORDER[stage] ?? -1))
  if (order !== reached) return order < reached
  return order <= ORDER.ipxe! && (boot.moved || at - boot.heard > SILENCE_MS)
}

const fresh = ({ mac }: SessionRecord, at: number): Boot => ({
  mac: mac!,
  began: at,
  heard: at,
  stages: [],
  moved: false,
  reached: { asked: at },
  calls: 0,
  bytes: { tftp: 0, http: 0, nfs: 0 },
  addresses: [],
})

function add(boot: Boot, record: SessionRecord, at: number): void {
  const { event, stage, ip, detail = {} } = record
  boot.heard = at
  if (record.mac !== undefined) boot.mac = record.mac
  if (stage !== undefined && ORDER[stage] !== undefined && !boot.stages.includes(stage)) {
    boot.stages.push(stage)
    boot.moved = false
  }
  if (stage === 'loader') reach(boot, 'loader', at)
  if (/^(dhcp:(ack|taken)|tftp:|http:|nfs:root)/.test(event)) boot.moved = true
  if (/^dhcp:(ack|taken)$/.test(event) && ip !== undefined && !boot.addresses.includes(ip)) {
    boot.addresses.push(ip)
  }
  if (event === 'tftp:done' || event === 'http:get') fetched(boot, record, at)
  MEANINGS[event]?.(boot, record, at, detail)
}

type Detail = NonNullable<SessionEvent['detail']>

/** What single events say. */
const MEANINGS: Record<string, (boot: Boot, record: SessionRecord, at: number, detail: Detail) => void> = {
  'boot:plan'(boot, { be }, _, { handoff, by }) {
    boot.trouble = undefined
    if (be !== undefined) boot.be = be
    if (by !== undefined) boot.by = String(by)
    if (handoff !== undefined) boot.handoff = String(handoff)
  },
  'boot:refused'(boot, { be }, _, { why, by }) {
    if (be !== undefined) boot.be = be
    if (by !== undefined) boot.by = String(by)
    boot.trouble = visible(String(why))
  },
  'boot:call-back'(boot, _record, _, { script }) {
    boot.reports = script === true
  },
  'tftp:failed': failed,
  'http:failed': failed,
  // What a system on its own disk mounts is another share.
  'nfs:root'(boot, { be }, at) {
    if (be !== boot.be) return
    reach(boot, 'kernel', at)
    boot.mounted ??= at
  },
  'nfs:traffic'(boot, { be }, _, { bytes, calls }) {
    if (be !== boot.be) return
    boot.bytes.nfs += Number(bytes ?? 0)
    if (boot.mounted !== undefined) boot.calls += Number(calls ?? 0)
  },
  'os:up'(boot, _, at, { evidence, uname, root }) {
    reach(boot, 'up', at)
    boot.ownDisk = undefined
    boot.evidence = evidence as Evidence
    if (uname !== undefined) boot.uname = visible(String(uname))
    if (root !== undefined) boot.root = visible(String(root))
  },
  'boot:own-disk'(boot, _, at) {
    boot.ownDisk = at
  },
  'boot:unsure'(boot, _record, _, { why }) {
    boot.unsure = true
    boot.trouble = String(why)
  },
}

function failed(boot: Boot, _record: SessionRecord, _at: number, { file, why }: Detail): void {
  boot.trouble = visible(`${file}: ${why}`)
}

/** What went wrong before did not stop it. */
function reach(boot: Boot, what: Reach, at: number): void {
  if (boot.reached[what] !== undefined) return
  boot.reached[what] = at
  boot.trouble = undefined
}

/** What a file says of who fetched it. */
function fetched(boot: Boot, { event, stage, detail = {} }: SessionRecord, at: number): void {
  const file = String(detail.file ?? '')
  const bytes = Number(detail.bytes ?? 0)
  boot.bytes[event === 'tftp:done' ? 'tftp' : 'http'] += bytes
  // A loader that came by HTTP asks for its configuration, whether it is there or not.
  if (stage === 'http' && !file.endsWith('.efi')) reach(boot, 'loader', at)
  if (bytes === 0) return
  reach(boot, 'file', at)
  if (file.endsWith('/boot.ipxe')) reach(boot, 'loader', at)
  if (stage === 'ipxe' && file.endsWith('.efi')) boot.chained = true
  if (KERNEL.test(file)) reach(boot, 'kernel', at)
}

/** Why a boot that is over was no success; undefined when it was one, or was meant to be none. */
export function failureOf(boot: Boot): string | undefined {
  if (boot.reached.up !== undefined || boot.be === undefined) return undefined
  if (boot.ownDisk !== undefined) return `${boot.be}: it booted its own disk instead`
  const reach = reachOf(boot)
  const trouble = boot.trouble === undefined ? '' : ` (${boot.trouble})`
  return `${boot.be}: it came to ${reach}, expected ${nextReach(reach)}${trouble}`
}
