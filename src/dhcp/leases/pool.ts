import { type Subnet, toNumber } from '../../net/ipv4.ts'
import type { LeaseDatabase } from './database.ts'
import { ExpiryQueue } from './expiry-queue.ts'
import { FreeAddresses } from './free-addresses.ts'
import { Offers } from './offers.ts'

/** How long an offered address is held. */
const OFFER_MS = 60_000
/** How long a declined address is not given to anyone. */
const QUARANTINE_MS = 600_000
/** Least time between searches of an exhausted pool from end to end. */
const RESCAN_MS = 60_000

export interface PoolOptions {
  leases: LeaseDatabase
  subnet: Subnet
  /** First and last address handed out; absent: only reservations. */
  range?: readonly [first: string, last: string] | undefined
  /** Never handed out: the server, the router. */
  excluded: readonly string[]
  /** The fixed address of the machine that has this interface. */
  reservation(mac: string): string | undefined
  /** MAC, as the inventory has it, of the machine whose fixed address this is. */
  reservedFor(ip: string): string | undefined
  /** Whether the inventory has a machine with this interface; absent: there is none. */
  isKnown?(mac: string): boolean
  /** The number of machines of the inventory without a fixed address. */
  knownMachines?(): number
}

/**
 * A machine's claim to an address. `mine`: its lease, former lease, offer or reservation. `free`: in the pool, no
 * claim of another machine. `unknown`: the same, but outside of the pool. `taken`: another machine's, or in
 * quarantine. `lost`: in quarantine because the log does not tell any more whose it is. `foreign`: not an address that
 * a host of this network may have.
 */
export type Claim = 'mine' | 'free' | 'taken' | 'lost' | 'unknown' | 'foreign'

/**
 * Address allocation on one network (RFC 2131, section 4.3.1). A machine gets the address that it had; a new one
 * an address that no lease was ever written for, else the one that expired first. Constant time, but for the
 * heap of expiry times: O(log n). A machine of the inventory gets an address although strangers hold what they can:
 * see FreeAddresses, and it may have the address of a stranger's offer.
 */
export class Pool {
  readonly #leases: LeaseDatabase
  readonly #options: PoolOptions
  readonly #excluded: ReadonlySet<string>
  readonly #first: number
  readonly #last: number
  readonly #free: FreeAddresses
  readonly #expiry = new ExpiryQueue()
  readonly #offers = new Offers()
  #scanned = Number.NEGATIVE_INFINITY

  constructor(options: PoolOptions) {
    this.#options = options
    this.#leases = options.leases
    this.#excluded = new Set(options.excluded)
    this.#first = options.range ? toNumber(options.range[0]) : 1
    this.#last = options.range ? toNumber(options.range[1]) : 0
    this.#free = new FreeAddresses({
      ...{ first: this.#first, last: this.#last },
      knownMachines: () => options.knownMachines?.() ?? 0,
      isNew: ip => this.#leases.byIp(ip) === undefined && this.#mayAllocate(ip),
      isFree: ip => (this.#leases.byIp(ip)?.until ?? 0) <= this.#leases.now() && this.#mayAllocate(ip),
    })
    this.#scan()
  }

  /** Holds an address for this machine; `requested` if that is free. Undefined: the pool is full. */
  offer(mac: string, requested?: string): string | undefined {
    this.#dropStaleOffers()
    const ip =
      this.preferred(mac) ?? this.#currentOffer(mac) ?? this.#requested(mac, requested) ?? this.#allocate(mac)
    if (ip === undefined || ip !== this.offered(mac)) this.withdraw(mac)
    if (ip !== undefined) this.#offers.hold(mac, ip, this.#leases.now() + OFFER_MS)
    return ip
  }

  /** The address that this machine is offered at present. */
  offered(mac: string): string | undefined {
    return this.#offers.of(mac)
  }

  /** Ends the offer to this machine: it selected another server, or gets no reply. */
  withdraw(mac: string): void {
    const ip = this.#offers.end(mac)
    if (ip !== undefined) this.#returnToPool(ip)
  }

  /** Its reserved address, else the one that it had; undefined when neither may be given to it. */
  preferred(mac: string): string | undefined {
    const reserved = this.#options.reservation(mac)
    if (reserved !== undefined && this.#usable(mac, reserved)) return reserved
    const had = this.#leases.byMac(mac)?.ip
    if (had === undefined || !this.#usable(mac, had)) return undefined
    return this.#inRange(toNumber(had)) ? had : undefined
  }

  /** What claim this machine has to an address. */
  claim(mac: string, ip: string): Claim {
    const address = toNumber(ip)
    if (!this.#options.subnet.hasHost(address) || this.#excluded.has(ip)) return 'foreign'
    // Before reservations, which may be newer than the lease: the machine uses the address.
    if (this.#hasLease(mac, ip)) return 'mine'
    if (!this.#usable(mac, ip)) return this.#isLost(ip) ? 'lost' : 'taken'
    if (this.#offers.holder(ip) === mac || this.#leases.byMac(mac)?.ip === ip) return 'mine'
    if (this.#options.reservation(mac) === ip) return 'mine'
    if (!this.#inRange(address)) return 'unknown'
    return this.#free.isKept(ip) && !this.#isKnown(mac) ? 'taken' : 'free'
  }

  /** Resolves when the lease is on disk; from then on it may be acknowledged. */
  bind(mac: string, ip: string, seconds: number): Promise<void> {
    const former = this.#leases.byMac(mac)?.ip
    const lease = { ip, mac, state: 'bound', until: this.#leases.now() + seconds * 1000 } as const
    const written = this.#leases.commit(lease)
    this.#expiry.push(lease)
    this.withdraw(mac)
    if (former !== undefined && former !== ip) this.#free.giveBack(former)
    if (this.#expiry.size > 2 * this.#leases.size + 64) this.#scanExpiry()
    return written
  }

  /** DHCPRELEASE. False: the machine has no lease of this address. */
  async release(mac: string, ip: string): Promise<boolean> {
    const lease = this.#leases.byMac(mac)
    if (lease?.ip !== ip || lease.state !== 'bound') return false
    const released = {
      ...lease,
      state: 'released',
      until: Math.min(lease.until, this.#leases.now()),
    } as const
    this.#expiry.push(released)
    await this.#leases.commit(released)
    return true
  }

  /** DHCPDECLINE: no machine gets the address for 10 minutes. False: it was neither leased nor offered to this one. */
  async decline(mac: string, ip: string): Promise<boolean> {
    if (this.#offers.holder(ip) !== mac && this.#leases.byMac(mac)?.ip !== ip) return false
    this.withdraw(mac)
    const declined = { ip, mac, state: 'declined', until: this.#leases.now() + QUARANTINE_MS } as const
    this.#expiry.push(declined)
    await this.#leases.commit(declined)
    return true
  }

  /** Whether no other machine has a reservation, offer or lease of the address. */
  #usable(mac: string, ip: string): boolean {
    if (!this.#options.subnet.hasHost(toNumber(ip)) || this.#excluded.has(ip)) return false
    const owner = this.#options.reservedFor(ip)
    if (owner !== undefined && owner !== mac && this.#options.reservation(mac) !== ip) return false
    const holder = this.#offers.holder(ip)
    if (holder !== undefined && holder !== mac) return false
    const lease = this.#leases.byIp(ip)
    if (lease === undefined || lease.until <= this.#leases.now()) return true
    if (lease.state === 'quarantined') return this.#options.reservation(mac) === ip
    return lease.state === 'bound' && lease.mac === mac
  }

  /** Whether only a damaged line of the log stands against giving the address. */
  #isLost(ip: string): boolean {
    return this.#leases.byIp(ip)?.state === 'quarantined' && this.#options.reservedFor(ip) === undefined
  }

  #hasLease(mac: string, ip: string): boolean {
    const lease = this.#leases.byIp(ip)
    return lease?.mac === mac && lease.state === 'bound' && lease.until > this.#leases.now()
  }

  #inRange(address: number): boolean {
    return address >= this.#first && address <= this.#last
  }

  /** The address of its offer, unless that was reserved for another machine since. */
  #currentOffer(mac: string): string | undefined {
    const ip = this.offered(mac)
    return ip !== undefined && this.#usable(mac, ip) ? ip : undefined
  }

  /** Option 50, if no machine ever had that address. */
  #requested(mac: string, ip: string | undefined): string | undefined {
    if (ip === undefined || this.#leases.byIp(ip) !== undefined) return undefined
    return this.claim(mac, ip) === 'free' && this.#mayAllocate(ip) ? ip : undefined
  }

  #allocate(mac: string): string | undefined {
    const known = this.#isKnown(mac)
    const ip = this.#free.take(known) ?? this.#expired(known)
    if (ip !== undefined) return ip
    if (this.#leases.now() - this.#scanned >= RESCAN_MS) {
      // Finds addresses that were passed over because of a reservation which is gone by now.
      this.#scan()
      const found = this.#free.take(known) ?? this.#expired(known)
      if (found !== undefined) return found
    }
    return known ? this.#takeFromStranger() : undefined
  }

  /** The address of the oldest offer to a machine that is not in the inventory, which ends with that. */
  #takeFromStranger(): string | undefined {
    for (const mac of this.#offers.machines()) {
      if (this.#isKnown(mac)) continue
      const ip = this.#offers.end(mac)!
      if (this.#mayAllocate(ip)) return ip
      this.#returnToPool(ip)
    }
    return undefined
  }

  readonly #isKnown = (mac: string): boolean => this.#options.isKnown?.(mac) ?? false

  #expired(known: boolean): string | undefined {
    for (
      let lease = this.#expiry.popEnded(this.#leases.now());
      lease;
      lease = this.#expiry.popEnded(this.#leases.now())
    ) {
      // An entry that is not the current lease was left behind by a renewal.
      if (this.#leases.byIp(lease.ip) !== lease) continue
      if (!known && this.#free.isKept(lease.ip)) this.#free.giveBack(lease.ip)
      else if (this.#mayAllocate(lease.ip)) return lease.ip
    }
    return undefined
  }

  #mayAllocate(ip: string): boolean {
    const address = toNumber(ip)
    return (
      this.#inRange(address) &&
      this.#options.subnet.hasHost(address) &&
      !this.#excluded.has(ip) &&
      this.#offers.holder(ip) === undefined &&
      this.#options.reservedFor(ip) === undefined
    )
  }

  #dropStaleOffers(): void {
    for (const ip of this.#offers.endLapsed(this.#leases.now())) this.#returnToPool(ip)
  }

  /** An address whose offer ended can be allocated again. */
  #returnToPool(ip: string): void {
    const lease = this.#leases.byIp(ip)
    if (lease === undefined) this.#free.giveBack(ip)
    else if (lease.until <= this.#leases.now()) this.#expiry.push(lease)
  }

  #scan(): void {
    this.#scanned = this.#leases.now()
    this.#free.reset()
    this.#scanExpiry()
  }

  #scanExpiry(): void {
    this.#expiry.clear()
    for (const lease of this.#leases.all()) if (this.#inRange(toNumber(lease.ip))) this.#expiry.push(lease)
  }
}
