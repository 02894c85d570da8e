import type { SessionRecord } from './record.ts'

/** A machine whose loader reads its kernel from the NFS host, with a MOUNT call for each file. */
export interface LoadingMachine {
  mac: string
  machine?: string
  /** Time since its loader got an address (ms). */
  forMs: number
}

/** After this time (ms) since its ACK a loader has loaded its kernel or has failed; observed are 4 to 35 s. */
export const LOADING_MS = 60_000

/** FreeBSD's loader, fetched by iPXE, which passes it the address as an argument: it sends no DHCP of its own. */
const LOADER_FILE = /loader\S*\.efi$/

/**
 * The machines whose loader is loading: its boot plan says that it reads by NFS, and there is no later record of the
 * system or of another boot. `now` in ms since the epoch.
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

/** A record of the running system, or of a new boot. */
const endsLoader = ({ event, stage }: SessionRecord): boolean =>
  stage === 'os' || (event === 'dhcp:discover' && stage !== 'loader')
