import type { DhcpReply } from '../boot/dhcp.ts'
import { addressBytes, NO_ADDRESS, Subnet, toNumber, toText } from './address.ts'
import type { DhcpMessage } from './message.ts'
import { type DhcpOption, OPTION } from './options.ts'
import { Pool, type PoolOptions } from './pool.ts'
import { linkSelection } from './relay-agent.ts'
import type { DhcpLab, DhcpNetwork } from './server-options.ts'

const FULL_EVERY_MS = 60_000

type Sources = Pick<PoolOptions, 'book' | 'reservation' | 'reservedFor'>

/** One network that machines are on: its pool, and what a machine there is told when it cannot boot. */
export class Scope {
  readonly subnet: Subnet
  readonly pool: Pool
  /** Enough to use the network and go on to the disk. */
  readonly withoutBoot: DhcpReply
  /** For a person: `10.1.0.100-10.1.0.199`. */
  readonly range: string
  #full = false
  #saidFull = Number.NEGATIVE_INFINITY

  constructor(network: DhcpNetwork, sources: Sources, server: string) {
    const { address, netmask, pool, router } = network
    this.subnet = new Subnet(address, netmask)
    this.range = pool?.join('-') ?? 'none: only machines with a fixed address'
    const excluded = router === undefined ? [server] : [server, router]
    this.pool = new Pool({ ...sources, subnet: this.subnet, range: pool, excluded })
    const options: DhcpOption[] = [[OPTION.subnetMask, addressBytes(netmask)]]
    if (router !== undefined) options.push([OPTION.routers, addressBytes(router)])
    options.push([OPTION.broadcast, addressBytes(toText(this.subnet.broadcast))])
    this.withoutBoot = { options }
  }

  hadRoom(): void {
    this.#full = false
  }

  /** Whether to say that the pool is full: once, again after it had room, and never twice in a minute. */
  nowFull(monotonic: number): boolean {
    const quiet = this.#full || monotonic - this.#saidFull < FULL_EVERY_MS
    this.#full = true
    if (!quiet) this.#saidFull = monotonic
    return !quiet
  }
}

/** The lab's own network and those behind relay agents. */
export class Scopes {
  readonly #lab: Scope
  readonly #all: readonly Scope[]

  constructor(lab: DhcpLab, sources: Sources) {
    this.#lab = new Scope(lab, sources, lab.address)
    const relayed = (lab.relayed ?? []).map(network => new Scope(network, sources, lab.address))
    this.#all = [this.#lab, ...relayed]
  }

  /**
   * The network that a client is on: the one its relay agent names (RFC 3527) or has an address in, else
   * that of the address which it uses and renews by unicast (RFC 2131, section 4.3.2), else the lab.
   * Undefined: a relay agent of a network that is not served.
   */
  of(message: DhcpMessage): Scope | undefined {
    const link = linkSelection(message)
    if (link !== undefined) return this.holding(link)
    const { giaddr, ciaddr } = message
    if (giaddr !== NO_ADDRESS) return this.holding(giaddr)
    return ciaddr === NO_ADDRESS ? this.#lab : (this.holding(ciaddr) ?? this.#lab)
  }

  /** The network that has this address. */
  holding(ip: string): Scope | undefined {
    const address = toNumber(ip)
    return this.#all.find(({ subnet }) => subnet.has(address))
  }
}
