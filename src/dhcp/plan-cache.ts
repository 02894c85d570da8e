import type { DhcpReply, DhcpRequestFields } from '../boot/dhcp.ts'
import type { Clock } from '../net/net.ts'
import { TieredMap } from '../session/tiered-map.ts'

/** Time (ms) during which a DISCOVER's plan, finished or not, is used for the REQUEST that follows. */
const REQUEST_MS = 60_000
/** Time (ms) during which repeated DISCOVERs share one plan. */
const DISCOVER_MS = 10_000
/** Machines of the inventory, and others, whose plan is kept: far more than are between OFFER and REQUEST at one time. */
const MOST_PLANS = [10_000, 1000] as const

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
  readonly #isKnown: (mac: string) => boolean
  /** By MAC. */
  readonly #entries = new TieredMap<string, Entry>(...MOST_PLANS)

  /** `makePlan` must not reject. */
  constructor(makePlan: MakePlan, clock: Clock, isKnown: (mac: string) => boolean = () => false) {
    this.#makePlan = makePlan
    this.#clock = clock
    this.#isKnown = isKnown
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
    this.#entries.deleteOld(({ made }) => now - made >= REQUEST_MS)
    this.#entries.set(client.mac, entry, this.#isKnown(client.mac) ? 0 : 1)
    return entry
  }
}

/** Firmware, iPXE and loader of one machine differ in these fields. Option 57 is left out: OVMF changes it between DISCOVER and REQUEST. */
function keyOf(client: DhcpRequestFields, ip: string | undefined): string {
  return `${client.vendorClass} ${client.userClass?.toString('latin1')} ${client.archType} ${ip}`
}
