import type { DhcpReply, DhcpTraits } from '../boot/dhcp.ts'
import type { Clock } from '../net/net.ts'

/** How long a DISCOVER's plan answers the REQUEST that follows, and how long a slow one is waited for. */
const READY_MS = 60_000
/** Repeated DISCOVERs within this time share one plan. */
const SHARED_MS = 10_000
/** Machines whose plan is remembered: far more than are between OFFER and REQUEST at one time. */
const MOST = 10_000

type Decide = (client: DhcpTraits, ip: string | undefined) => Promise<DhcpReply | undefined>

interface Entry {
  /** Stage fingerprint and address. */
  key: string
  xid: number
  made: number
  settled: boolean
  acknowledged: boolean
  refused: boolean
  plan: Promise<DhcpReply | undefined>
}

/**
 * Plans prepared on DISCOVER and used again for the REQUEST of the same machine at the same stage: the
 * OFFER and the ACK say the same, and a slow host delays the OFFER only.
 */
export class Plans {
  readonly #decide: Decide
  readonly #clock: Clock
  /** By machine, oldest first. */
  readonly #entries = new Map<string, Entry>()

  /** `decide` must not reject. */
  constructor(decide: Decide, clock: Clock) {
    this.#decide = decide
    this.#clock = clock
  }

  /** For a DISCOVER: a new plan, unless this one only repeats a question that is being answered. */
  prepare(client: DhcpTraits, ip: string | undefined): Promise<DhcpReply | undefined> {
    const entry = this.#entry(client, ip, SHARED_MS)
    // A loader's xid is 1 in every boot: after the ACK the next DISCOVER is another boot.
    const same = entry?.xid === client.xid && !entry.acknowledged && !entry.refused
    const repeated = entry !== undefined && (!entry.settled || same)
    return repeated ? entry.plan : this.#make(client, ip).plan
  }

  /** For a REQUEST: what its OFFER said, else a new plan. */
  ready(client: DhcpTraits, ip: string | undefined): Promise<DhcpReply | undefined> {
    return (this.#entry(client, ip, READY_MS) ?? this.#make(client, ip)).plan
  }

  /** An ACK went out with this machine's plan. */
  acknowledged(mac: string): void {
    const entry = this.#entries.get(mac)
    if (entry !== undefined) entry.acknowledged = true
  }

  #entry(client: DhcpTraits, ip: string | undefined, maxAge: number): Entry | undefined {
    const entry = this.#entries.get(client.mac)
    const fresh = entry !== undefined && this.#clock.monotonic() - entry.made < maxAge
    return fresh && entry.key === keyOf(client, ip) ? entry : undefined
  }

  #make(client: DhcpTraits, ip: string | undefined): Entry {
    const now = this.#clock.monotonic()
    const plan = this.#decide(client, ip)
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
    this.#entries.delete(client.mac)
    this.#entries.set(client.mac, entry)
    for (const [mac, old] of this.#entries) {
      if (now - old.made < READY_MS && this.#entries.size <= MOST) break
      this.#entries.delete(mac)
    }
    return entry
  }
}

/** Firmware, iPXE and loader of one machine differ in these; option 57 may change within a dialogue. */
function keyOf(client: DhcpTraits, ip: string | undefined): string {
  return `${client.vendorClass} ${client.userClass?.toString('latin1')} ${client.archType} ${ip}`
}
