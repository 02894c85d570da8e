import type { SessionRecord } from './record.ts'

/** One machine's way from its first DISCOVER to a running OS, or as far as it came. */
export interface Boot {
  mac: string
  machine?: string
  /** The BE named last. */
  be?: string
  /** The stages that it went through, in order, each once. */
  stages: string[]
  records: SessionRecord[]
}

/** How far a stage is on the way; a DISCOVER of an earlier one than was reached is a new boot. */
const ORDER: Record<string, number> = { firmware: 0, http: 0, ipxe: 1, loader: 2, os: 3 }

/** Boots of all machines, in order of their first event. Records without MAC belong to none. */
export function bootsOf(records: Iterable<SessionRecord>): Boot[] {
  const boots: Boot[] = []
  const current = new Map<string, Boot>()
  for (const record of records) {
    if (record.mac === undefined) continue
    let boot = current.get(record.mac)
    if (boot === undefined || startsBoot(record, boot)) {
      boot = { mac: record.mac, stages: [], records: [] }
      current.set(record.mac, boot)
      boots.push(boot)
    }
    add(boot, record)
  }
  return boots
}

function add(boot: Boot, record: SessionRecord): void {
  boot.records.push(record)
  if (record.machine !== undefined) boot.machine = record.machine
  if (record.be !== undefined) boot.be = record.be
  if (record.stage !== undefined && !boot.stages.includes(record.stage)) boot.stages.push(record.stage)
}

/**
 * Whether a record begins another boot: waking the machine does. Firmware repeats its DISCOVER, even after an OFFER (seen: iPXE
 * ROMs, twice within a second), so one only counts after something else has happened. ROMs that are iPXE
 * begin with stage ipxe.
 */
function startsBoot(record: SessionRecord, boot: Boot): boolean {
  if (record.event === 'wol:sent') return boot.records.some(({ event }) => event !== 'wol:sent')
  if (record.event !== 'dhcp:discover') return false
  const order = ORDER[record.stage ?? '']
  if (order === undefined) return false
  const reached = Math.max(-1, ...boot.stages.map(stage => ORDER[stage] ?? -1))
  if (order !== reached) return order < reached
  return order <= ORDER.ipxe! && boot.records.some(({ event }) => !REPEATED.has(event))
}

const REPEATED = new Set(['dhcp:discover', 'dhcp:offer', 'wol:sent'])

/** Seconds from a boot's first record to each of its records, for a timeline. */
export function elapsed(boot: Boot): number[] {
  const start = Date.parse(boot.records[0]?.time ?? '')
  return boot.records.map(({ time }) => (Date.parse(time) - start) / 1000)
}
