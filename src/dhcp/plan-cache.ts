import type { DhcpReply, DhcpRequestFields } from '../boot/dhcp.ts'
import type { Clock } from '../net/net.ts'

/** Time (ms) during which a DISCOVER's plan, finished or not, is used for the REQUEST that follows. */
const REQUEST_MS = 60_000
/** Time (ms) during which repeated DISCOVERs share one plan. */
const DISCOVER_MS = 10_000
/** Machines whose plan is kept: far more than are between OFFER and REQUEST at one time. */
const MAX_PLANS = 10_000

type MakePlan = (client: DhcpRequestFields, ip: string | undefined) => Promise<DhcpReply | undefined>

interface Entry {
  /** Client stage and address: see keyOf. */
  key: string
  xid: number
  /** Monotonic ms. */
  made: number
  settled: boolean
  acknowledged: boolean
  refused: boolean
  plan: Promise<DhcpReply | undefined>
}

/**
 * Boot plans made for a DISCOVER and used again for the REQUEST of the same machine at the same stage, so that
 * OFFER and ACK are the same, and a slow plan delays the OFFER only.
 */
export class PlanCache {
  readonly #makePlan: MakePlan
  readonly #clock: Clock
  /** By MAC, oldest first. */
  readonly #entries = new Map<string, Entry>()

  /** `makePlan` must not reject. */
  constructor(makePlan: MakePlan, clock: Clock) {
    this.#makePlan = makePlan
    this.#clock = clock
  }

  /** A new plan, unless this DISCOVER repeats one whose plan is being made or was just made. */
  forDiscover(client: DhcpRequestFields, ip: string | undefined): Promise<DhcpReply | undefined> {
    const entry = this.#find(client, ip, DISCOVER_MS)
    // A loader's xid is 1 in every boot: after the ACK the next DISCOVER is another boot.
    const same = entry?.xid === client.xid && !entry.acknowledged && !entry.refused
    const repeated = entry !== undefined && (!entry.settled || same)
    return repeated ? entry.plan : this.#make(client, ip).plan
  }

  /** The plan of the OFFER, else a new one. */
  forRequest(client: DhcpRequestFields, ip: string | undefined): Promise<DhcpReply | undefined> {
    return (this.#find(client, ip, REQUEST_MS) ?? this.#make(client, ip)).plan
  }

  /** An ACK went out with this machine's plan. */
  acknowledged(mac: string): void {
    const entry = this.#entries.get(mac)
    if (entry !== undefined) entry.acknowledged = true
  }

  #find(client: DhcpRequestFields, ip: string | undefined, maxAge: number): Entry | undefined {
    const entry = this.#entries.get(client.mac)
    const fresh = entry !== undefined && this.#clock.monotonic() - entry.made < maxAge
    return fresh && entry.key === keyOf(client, ip) ? entry : undefined
  }

  #make(client: DhcpRequestFields, ip: string | undefined): Entry {
    const now = this.#clock.monotonic()
    const plan = this.#makePlan(client, ip)
    const entry: Entry = {
      key: keyOf(client, ip),
      xid: client.xid,
      made: now,
      settled: false,
      acknowledged: false,
      refused: false,
      plan,
    }
    void plan.then(reply => {
      entry.settled = true
      entry.refused = reply?.refused ?? false
    })
    // Deleted first, so that it goes to the end of the map's order.
    this.#entries.delete(client.mac)
    this.#entries.set(client.mac, entry)
    this.#dropOld(now)
    return entry
  }

  #dropOld(now: number): void {
    for (const [mac, entry] of this.#entries) {
      if (now - entry.made < REQUEST_MS && this.#entries.size <= MAX_PLANS) break
      this.#entries.delete(mac)
    }
  }
}

/** Firmware, iPXE and loader of one machine differ in these fields. Option 57 is left out: OVMF changes it between DISCOVER and REQUEST. */
function keyOf(client: DhcpRequestFields, ip: string | undefined): string {
  return `${client.vendorClass} ${client.userClass?.toString('latin1')} ${client.archType} ${ip}`
}
