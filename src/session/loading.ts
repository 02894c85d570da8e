import type { SessionRecord } from './record.ts'

/** A loader that reads its kernel from the NFS host, each file by a MOUNT of its own. */
export interface LoadingMachine {
  mac: string
  machine?: string
  /** Since it got its address, in ms. */
  forMs: number
}

/** So long after its ACK a loader has loaded its kernel, or never will (seen: 4 to 35 s). */
export const LOADING_MS = 60_000

/** iPXE fetched FreeBSD's loader, which gets its address as an argument and asks no DHCP. */
const LOADER_FILE = /loader\S*\.efi$/

/**
 * Machines that are between their loader's first and last file: it was told to read by NFS, and nothing was
 * heard of the system, or of another boot, since. `now` in ms since the epoch.
 */
export function loadingMachines(records: Iterable<SessionRecord>, now: number): LoadingMachine[] {
  const loading = new Map<string, SessionRecord>()
  const handoffs = new Map<string, unknown>()
  for (const record of records) {
    const { mac } = record
    if (mac === undefined) continue
    if (record.event === 'boot:plan') handoffs.set(mac, record.detail?.handoff)
    if (startsLoader(record, handoffs.get(mac))) loading.set(mac, record)
    else if (endsLoader(record)) loading.delete(mac)
  }
  return [...loading].flatMap(([mac, { time, machine }]) => {
    const forMs = now - Date.parse(time)
    return forMs < LOADING_MS && forMs >= -LOADING_MS ? [{ mac, ...(machine && { machine }), forMs }] : []
  })
}

function startsLoader({ event, stage, detail }: SessionRecord, handoff: unknown): boolean {
  if (stage === 'loader') return event === 'dhcp:ack' && handoff === 'nfs'
  const fetched = event === 'http:get' || event === 'tftp:done'
  return fetched && handoff === 'arguments' && LOADER_FILE.test(String(detail?.file))
}

/** The system speaks, or the machine begins anew. */
const endsLoader = ({ event, stage }: SessionRecord): boolean =>
  stage === 'os' || (event === 'dhcp:discover' && stage !== 'loader')
