import { type Subnet, toNumber, toText } from '../../net/ipv4.ts'
import type { LeaseDatabase } from './database.ts'
import { ExpiryQueue } from './expiry-queue.ts'

const OFFER_MS = 60_000
const QUARANTINE_MS = 600_000
/** How often an exhausted pool may be searched from end to end. */
const RESCAN_MS = 60_000

export interface PoolOptions {
  book: LeaseDatabase
  subnet: Subnet
  /** First and last address handed out; absent: only reservations. */
  range?: readonly [first: string, last: string] | undefined
  /** Never handed out: the server, the router. */
  excluded: readonly string[]
  /** The fixed address of the machine that has this interface. */
  reservation(mac: string): string | undefined
  /** Whose fixed address this is, by the MAC that it is known by. */
  reservedFor(ip: string): string | undefined
}

/**
 * `mine`: held, or last held, by this machine. `free`: nobody's. `unknown`: nobody's as far as is known here, but not
 * ours to give. `foreign`: not a host of this network.
 */
export type Claim = 'mine' | 'free' | 'taken' | 'unknown' | 'foreign'

/**
 * Decides which machine gets which address. A machine gets back what it had; a new one an address
 * that nobody has a record of, then the longest expired. Constant time but for the heap.
 */
export class Pool {
  readonly #book: LeaseDatabase
  readonly #options: PoolOptions
  readonly #excluded: ReadonlySet<string>
  readonly #first: number
  readonly #last: number
  /** Addresses from here to the end were not looked at since the last scan. */
  #next: number
  /** Before that, the ones that were held or bound and are not any more. */
  #free: string[] = []
  readonly #expiry = new ExpiryQueue()
  /** Held for 60 s, by machine, oldest first. */
  readonly #offers = new Map<string, { ip: string; until: number }>()
  readonly #offered = new Map<string, string>()
  #scanned = Number.NEGATIVE_INFINITY

  constructor(options: PoolOptions) {
    this.#options = options
    this.#book = options.book
    this.#excluded = new Set(options.excluded)
    this.#first = options.range ? toNumber(options.range[0]) : 1
    this.#last = options.range ? toNumber(options.range[1]) : 0
    this.#next = this.#first
    this.#scan()
  }

  /** Holds an address for this machine; `wanted` if it may be had. Undefined: the pool is full. */
  offer(mac: string, wanted?: string): string | undefined {
    this.#dropStaleOffers()
    const ip = this.preferred(mac) ?? this.#standing(mac) ?? this.#wanted(mac, wanted) ?? this.#allocate()
    if (ip === undefined || ip !== this.#offers.get(mac)?.ip) this.withdraw(mac)
    if (ip === undefined) return undefined
    // Set anew rather than changed, so that the oldest stays first.
    this.#offers.delete(mac)
    this.#offers.set(mac, { ip, until: this.#book.now() + OFFER_MS })
    this.#offered.set(ip, mac)
    return ip
  }

  /** What this machine is offered at present. */
  offered(mac: string): string | undefined {
    return this.#offers.get(mac)?.ip
  }

  /** Gives up the offer to this machine: it took another server's, or gets no answer. */
  withdraw(mac: string): void {
    const offer = this.#offers.get(mac)
    if (offer === undefined) return
    this.#offers.delete(mac)
    this.#offered.delete(offer.ip)
    this.#back(offer.ip)
  }

  /** Its reserved address, or the one that it had, where nothing stands in the way. */
  preferred(mac: string): string | undefined {
    const reserved = this.#options.reservation(mac)
    if (reserved !== undefined && this.#usable(mac, reserved)) return reserved
    const had = this.#book.byMac(mac)?.ip
    if (had === undefined || !this.#usable(mac, had)) return undefined
    return this.#inRange(toNumber(had)) ? had : undefined
  }

  /** What this machine's claim to an address is worth. */
  claim(mac: string, ip: string): Claim {
    const address = toNumber(ip)
    if (!this.#options.subnet.hasHost(address) || this.#excluded.has(ip)) return 'foreign'
    // Whatever has been reserved since, and for whom: it runs with that address.
    if (this.#holds(mac, ip)) return 'mine'
    if (!this.#usable(mac, ip)) return 'taken'
    if (this.#offered.get(ip) === mac || this.#book.byMac(mac)?.ip === ip) return 'mine'
    if (this.#options.reservation(mac) === ip) return 'mine'
    return this.#inRange(address) ? 'free' : 'unknown'
  }

  /** Resolves when the lease is on disk; from then on it may be acknowledged. */
  bind(mac: string, ip: string, seconds: number): Promise<void> {
    const former = this.#book.byMac(mac)?.ip
    const lease = { ip, mac, state: 'bound', until: this.#book.now() + seconds * 1000 } as const
    const written = this.#book.commit(lease)
    this.#expiry.push(lease)
    this.withdraw(mac)
    if (former !== undefined && former !== ip) this.#free.push(former)
    if (this.#expiry.size > 2 * this.#book.size + 64) this.#scanExpiry()
    return written
  }

  /** The machine gave its address back. False: it was not its own. */
  async release(mac: string, ip: string): Promise<boolean> {
    const lease = this.#book.byMac(mac)
    if (lease?.ip !== ip || lease.state !== 'bound') return false
    const released = { ...lease, state: 'released', until: Math.min(lease.until, this.#book.now()) } as const
    this.#expiry.push(released)
    await this.#book.commit(released)
    return true
  }

  /** The machine found another host at its address: nobody gets it for 10 minutes. False: not its own. */
  async decline(mac: string, ip: string): Promise<boolean> {
    if (this.#offered.get(ip) !== mac && this.#book.byMac(mac)?.ip !== ip) return false
    this.withdraw(mac)
    const declined = { ip, mac, state: 'declined', until: this.#book.now() + QUARANTINE_MS } as const
    this.#expiry.push(declined)
    await this.#book.commit(declined)
    return true
  }

  /** Nothing but this machine's own claim stands on the address. */
  #usable(mac: string, ip: string): boolean {
    if (!this.#options.subnet.hasHost(toNumber(ip)) || this.#excluded.has(ip)) return false
    const owner = this.#options.reservedFor(ip)
    if (owner !== undefined && owner !== mac && this.#options.reservation(mac) !== ip) return false
    const holder = this.#offered.get(ip)
    if (holder !== undefined && holder !== mac) return false
    const lease = this.#book.byIp(ip)
    if (lease === undefined || lease.until <= this.#book.now()) return true
    return lease.state === 'bound' && lease.mac === mac
  }

  #holds(mac: string, ip: string): boolean {
    const lease = this.#book.byIp(ip)
    return lease?.mac === mac && lease.state === 'bound' && lease.until > this.#book.now()
  }

  #inRange(address: number): boolean {
    return address >= this.#first && address <= this.#last
  }

  /** What it is offered already, unless that was reserved for another machine since. */
  #standing(mac: string): string | undefined {
    const ip = this.offered(mac)
    return ip !== undefined && this.#usable(mac, ip) ? ip : undefined
  }

  /** An address that the client asks for, if nobody else had it. */
  #wanted(mac: string, wanted: string | undefined): string | undefined {
    if (wanted === undefined || this.#book.byIp(wanted) !== undefined) return undefined
    return this.claim(mac, wanted) === 'free' && this.#mayAllocate(wanted) ? wanted : undefined
  }

  #allocate(): string | undefined {
    const ip = this.#givenBack() ?? this.#unused() ?? this.#expired()
    if (ip !== undefined || this.#book.now() - this.#scanned < RESCAN_MS) return ip
    // Reservations come and go; what they once blocked is found again here.
    this.#scan()
    return this.#unused() ?? this.#expired()
  }

  #unused(): string | undefined {
    while (this.#next <= this.#last) {
      const ip = toText(this.#next++)
      if (this.#book.byIp(ip) === undefined && this.#mayAllocate(ip)) return ip
    }
    return undefined
  }

  #givenBack(): string | undefined {
    for (let ip = this.#free.pop(); ip !== undefined; ip = this.#free.pop()) {
      if (this.#book.byIp(ip) === undefined && this.#mayAllocate(ip)) return ip
    }
    return undefined
  }

  #expired(): string | undefined {
    for (
      let lease = this.#expiry.popEnded(this.#book.now());
      lease;
      lease = this.#expiry.popEnded(this.#book.now())
    ) {
      // A renewal left an older entry of the same address behind.
      if (this.#book.byIp(lease.ip) === lease && this.#mayAllocate(lease.ip)) return lease.ip
    }
    return undefined
  }

  #mayAllocate(ip: string): boolean {
    const address = toNumber(ip)
    return (
      this.#inRange(address) &&
      this.#options.subnet.hasHost(address) &&
      !this.#excluded.has(ip) &&
      !this.#offered.has(ip) &&
      this.#options.reservedFor(ip) === undefined
    )
  }

  #dropStaleOffers(): void {
    for (const [mac, offer] of this.#offers) {
      if (offer.until > this.#book.now()) return
      this.withdraw(mac)
    }
  }

  /** An address that was held is to be had again. */
  #back(ip: string): void {
    const lease = this.#book.byIp(ip)
    if (lease === undefined) this.#free.push(ip)
    else if (lease.until <= this.#book.now()) this.#expiry.push(lease)
  }

  #scan(): void {
    this.#scanned = this.#book.now()
    this.#next = this.#first
    this.#free = []
    this.#scanExpiry()
  }

  #scanExpiry(): void {
    this.#expiry.clear()
    for (const lease of this.#book.all()) if (this.#inRange(toNumber(lease.ip))) this.#expiry.push(lease)
  }
}
