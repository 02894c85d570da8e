import { visible } from '../errors/visible.ts'
import type { SessionEvent } from './event.ts'
import { type Evidence, type Signs, updateSigns } from './life.ts'
import type { SessionRecord } from './record.ts'

/**
 * How far a boot has come, as `be status` shows it: the firmware sent DHCP, the boot file was fetched, the loader runs,
 * the kernel was fetched, the system is up.
 */
export const REACHES = ['asked', 'file', 'loader', 'kernel', 'up'] as const
export type Reach = (typeof REACHES)[number]

/**
 * One boot of a machine, from its first DISCOVER to a running system, or as far as it came. Times in ms since the epoch.
 * Stored as JSON in the state: the names of the fields are part of its format.
 */
export interface Boot extends Signs {
  /** MAC of the interface that it boots by. */
  mac: string
  /** The boot environment of its boot plan, and the rule that assigned it. */
  be?: string
  by?: string
  handoff?: string
  /** What its requests announced: its firmware, and the architecture of its processor. */
  firmware?: 'bios' | 'uefi'
  arch?: string
  /** Its boot environment has the call-back script: for minutes only the call-back counts as evidence that it is up. */
  reports?: boolean
  began: number
  /** Option 93 of its first DISCOVER. */
  archType?: number
  /** The time of its last record. */
  heard: number
  /** The client stages so far, in order, each once. */
  stages: string[]
  /** Whether it got beyond DISCOVER in its present stage. */
  moved: boolean
  /** When it reached what. A later one implies the earlier ones, which may be missing. */
  reached: Partial<Record<Reach, number>>
  /** As the call-back reports it: uname(1), and the mount at its root. */
  uname?: string
  root?: string
  /** When its kernel mounted its root from our NFS server, and the number of NFS calls since. */
  mounted?: number
  calls: number
  /** The EFI program that firmware fetched last. */
  program?: string
  /** iPXE fetched the EFI loader that its script starts. */
  chained?: boolean
  /** Bytes sent to it, by protocol. */
  bytes: { tftp: number; http: number; nfs: number }
  /** The addresses that it was given, or took from another server; the latest. */
  addresses: string[]
  /**
   * The addresses that it asks for files from, which alone are given the token of its call-back: `lease`, the one that we
   * gave it last; by stage of its firmware, the first one that it took from another server.
   */
  asksFrom?: Record<string, string>
  /** When the system on its own disk was seen instead. */
  ownDisk?: number | undefined
  /** A system was seen that may be the one on its own disk. */
  unsure?: boolean
  /** The last failure since it reached its present point. */
  trouble?: string | undefined
}

/** The order of the client stages: a DISCOVER of an earlier stage than the last one begins a new boot. */
const ORDER: Record<string, number> = {
  firmware: 0,
  http: 0,
  ipxe: 1,
  grub: 2,
  loader: 3,
  kernel: 4,
  os: 4,
}

/** Whether a DISCOVER of a client at this stage may begin a boot. Unknown clients begin none: they may be systems. */
export const beginsBoot = (stage: string | undefined): boolean =>
  (ORDER[stage ?? ''] ?? ORDER.kernel!) < ORDER.kernel!

/**
 * A boot program that has fetched nothing asks anew, within this time (ms), for the next thing that it can boot: U-Boot
 * for a script, an EFI program, a menu; on boards the link has to come up each time. Few machines restart as fast.
 */
const NEXT_TRY_MS = 5000

/** A DISCOVER after this time (ms) without any record begins a new boot: the machine was switched off in between. */
const SILENCE_MS = 600_000

/** What iPXE and GRUB fetch first: iPXE its script, GRUB its configuration, for its MAC where it looks for that. */
const LOADER_TEXT = /\/(boot\.ipxe|grub\.cfg(-01(-[0-9a-f]{2}){6})?)$/

/** Of FreeBSD, of Linux, of Linux for the Raspberry Pi. */
const KERNEL =
  /\/(boot\/kernel[^/]*\/kernel(\.gz|\.bz2|\.zst)?|(vmlinu[xz]|bzImage|Image)[^/]*|kernel(\d+l?|_\d+)?\.img)$/

/**
 * Adds a record of a machine to its boot. Answers the same object, changed, or a new one when the record begins a new
 * boot; undefined when no boot has begun.
 */
export function applyRecord(boot: Boot | undefined, record: SessionRecord): Boot | undefined {
  const at = Date.parse(record.time)
  const current = startsBoot(boot, record, at) ? newBoot(record, at) : boot
  if (current !== undefined) update(current, record, at)
  return current
}

/** How far it has come. */
export const reachOf = (boot: Boot): Reach =>
  REACHES.findLast(reach => boot.reached[reach] !== undefined) ?? 'asked'

/** What follows; undefined after `up`. */
export const nextReach = (reach: Reach): Reach | undefined => REACHES[REACHES.indexOf(reach) + 1]

/** When it had come at least that far; undefined when it has not. */
export function reachedAt(boot: Boot, reach: Reach): number | undefined {
  const times = REACHES.slice(REACHES.indexOf(reach)).flatMap(one => boot.reached[one] ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}

/**
 * Whether a record begins a new boot. Firmware repeats its DISCOVER, even after an OFFER (observed: iPXE ROMs, twice
 * within a second), so a DISCOVER of the present stage begins a new boot only after something else has happened in that
 * stage. U-Boot announces itself by turns as U-Boot and as UEFI, and behind a Raspberry Pi's firmware it asks after that:
 * firmware of another architecture than the boot began with is a further program of it. Network cards with an iPXE ROM
 * begin with stage ipxe, a GRUB from a disk with stage grub.
 */
function startsBoot(boot: Boot | undefined, record: SessionRecord, at: number): boolean {
  if (record.event !== 'dhcp:discover' || !beginsBoot(record.stage)) return false
  if (boot === undefined) return true
  const order = ORDER[record.stage!]!
  const reached = Math.max(-1, ...boot.stages.map(stage => ORDER[stage] ?? -1))
  if (order !== reached) return order < reached
  if (order > ORDER.grub!) return false
  const arch = record.detail?.arch
  if (order === ORDER.firmware && boot.archType !== undefined && arch !== undefined && arch !== boot.archType)
    return false
  const silent = at - boot.heard
  return silent > SILENCE_MS || (boot.moved && (reachOf(boot) !== 'asked' || silent > NEXT_TRY_MS))
}

const newBoot = ({ mac, detail }: SessionRecord, at: number): Boot => ({
  mac: mac!,
  began: at,
  ...(typeof detail?.arch === 'number' && { archType: detail.arch }),
  heard: at,
  stages: [],
  moved: false,
  reached: { asked: at },
  calls: 0,
  bytes: { tftp: 0, http: 0, nfs: 0 },
  addresses: [],
  asksFrom: {},
})

function update(boot: Boot, record: SessionRecord, at: number): void {
  const { event, stage, ip, detail = {} } = record
  // That a machine is silent is no word of it.
  if (event !== 'os:silent') boot.heard = at
  if (record.mac !== undefined) boot.mac = record.mac
  if (stage !== undefined && ORDER[stage] !== undefined && !boot.stages.includes(stage)) {
    boot.stages.push(stage)
    boot.moved = false
  }
  if (stage === 'loader') markReached(boot, 'loader', at)
  if (/^(dhcp:(ack|taken)|tftp:|http:|nfs:mounted)/.test(event)) boot.moved = true
  if (/^dhcp:(ack|taken)$/.test(event) && ip !== undefined) updateAddress(boot, event, stage, ip)
  if (event === 'tftp:done' || event === 'http:get') updateFetch(boot, record, at)
  UPDATES[event]?.(boot, record, at, detail)
  updateSigns(boot, record, at)
}

/** Addresses that are kept of one boot: each of its stages has one, and a lease may change. */
const MOST_ADDRESSES = 16

/** The stages that fetch texts with the token. Of others a REQUEST to another server, which anybody can forge, proves nothing. */
const FETCHES: ReadonlySet<string> = new Set(['firmware', 'http', 'ipxe', 'grub'])

function updateAddress(boot: Boot, event: string, stage = '', ip: string): void {
  if (!boot.addresses.includes(ip)) boot.addresses = [...boot.addresses, ip].slice(-MOST_ADDRESSES)
  if (event === 'dhcp:ack') boot.asksFrom = { ...boot.asksFrom, lease: ip }
  else if (FETCHES.has(stage) && isLoading(boot)) boot.asksFrom = { [stage]: ip, ...boot.asksFrom }
}

/** Once its kernel runs, its firmware takes no address any more. */
const isLoading = ({ reached }: Boot): boolean => reached.kernel === undefined && reached.up === undefined

/** The addresses that the token of its call-back may be given to. */
export const ownAddresses = ({ asksFrom, addresses }: Boot): readonly string[] =>
  // Older records have no `asksFrom`.
  asksFrom === undefined ? addresses : Object.values(asksFrom)

type Detail = NonNullable<SessionEvent['detail']>

/** What single events change. */
const UPDATES: Record<string, (boot: Boot, record: SessionRecord, at: number, detail: Detail) => void> = {
  'boot:plan'(boot, { be }, _, { handoff, by, firmware, arch }) {
    boot.trouble = undefined
    setHardware(boot, firmware, arch)
    if (be !== undefined) boot.be = be
    if (by !== undefined) boot.by = String(by)
    if (handoff !== undefined) boot.handoff = String(handoff)
  },
  'boot:refused'(boot, { be }, _, { why, by, firmware, arch }) {
    setHardware(boot, firmware, arch)
    if (be !== undefined) boot.be = be
    if (by !== undefined) boot.by = String(by)
    boot.trouble = visible(String(why))
  },
  'boot:call-back'(boot, _record, _, { script }) {
    boot.reports = script === true
  },
  'tftp:failed': updateFailure,
  'http:failed': updateFailure,
  // A mount of another share is by the system on its own disk.
  'nfs:mounted'(boot, { be }, at) {
    if (be !== boot.be) return
    markReached(boot, 'kernel', at)
    boot.mounted ??= at
  },
  'nfs:traffic'(boot, { be }, _, { bytes, calls }) {
    if (be !== boot.be) return
    boot.bytes.nfs += Number(bytes ?? 0)
    if (boot.mounted !== undefined) boot.calls += Number(calls ?? 0)
  },
  'os:up'(boot, _, at, { evidence, uname, root }) {
    markReached(boot, 'up', at)
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

function setHardware(boot: Boot, firmware: unknown, arch: unknown): void {
  if (firmware !== undefined) boot.firmware = firmware as Boot['firmware']
  if (arch !== undefined) boot.arch = String(arch)
}

function updateFailure(boot: Boot, _record: SessionRecord, _at: number, { file, why }: Detail): void {
  boot.trouble = visible(`${file}: ${why}`)
}

/** A failure before did not stop it, and is forgotten. */
function markReached(boot: Boot, what: Reach, at: number): void {
  if (boot.reached[what] !== undefined) return
  boot.reached[what] = at
  boot.trouble = undefined
}

/** Concludes from the file that was fetched how far the machine has come. */
function updateFetch(boot: Boot, { event, stage, detail = {} }: SessionRecord, at: number): void {
  const file = String(detail.file ?? '')
  const bytes = Number(detail.bytes ?? 0)
  boot.bytes[event === 'tftp:done' ? 'tftp' : 'http'] += bytes
  // A loader that was booted by HTTP requests its configuration, whether it exists or not.
  if (stage === 'http' && !file.endsWith('.efi')) markReached(boot, 'loader', at)
  if (bytes === 0) return
  markReached(boot, 'file', at)
  if (LOADER_TEXT.test(file)) markReached(boot, 'loader', at)
  if (file.endsWith('.efi')) {
    if (stage === 'ipxe') boot.chained = true
    else if (stage === 'firmware' || stage === 'http') boot.program = visible(file)
  }
  if (KERNEL.test(file)) markReached(boot, 'kernel', at)
}

/** Firmware starts what it fetched, and the first sign of that comes, within this time (ms). */
const STARTED_MS = 30_000

/** What went wrong with a boot, or what may have, if nothing has come from it for long at the time `now`. */
export function troubleOf(boot: Boot, now: number): string | undefined {
  const { trouble, program, stages, heard } = boot
  if (trouble !== undefined || program === undefined || reachOf(boot) !== 'file') return trouble
  if (!/^(firmware|http)$/.test(stages.at(-1) ?? '') || now - heard < STARTED_MS) return undefined
  return `${program} was fetched, and nothing came after it: refused by Secure Boot? be(8), Secure Boot`
}

/** Why a boot that was over at the time `end` failed; undefined when it is up, or had no boot environment assigned. */
export function failureOf(boot: Boot, end: number): string | undefined {
  if (boot.reached.up !== undefined || boot.be === undefined) return undefined
  if (boot.ownDisk !== undefined) return `${boot.be}: it booted its own disk instead`
  const reach = reachOf(boot)
  const why = troubleOf(boot, end)
  const trouble = why === undefined ? '' : ` (${why})`
  return `${boot.be}: it came to ${reach}, expected ${nextReach(reach)}${trouble}`
}
