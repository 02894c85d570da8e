import type { DhcpReply } from '../boot/dhcp.ts'
import { addressBytes, NO_ADDRESS, Subnet, toNumber, toText } from '../net/ipv4.ts'
import { Pool, type PoolOptions } from './leases/pool.ts'
import type { DhcpMessage } from './message.ts'
import { type DhcpOption, OPTION } from './options/codes.ts'
import { linkSelection } from './relay-agent.ts'
import type { DhcpLab, DhcpNetwork } from './server-options.ts'

/** Least time between reports of a full pool. */
const FULL_INTERVAL_MS = 60_000

type Addresses = Pick<PoolOptions, 'leases' | 'reservation' | 'reservedFor' | 'isKnown' | 'knownMachines'>

/** One network with its address pool, and the reply to a machine there that has no boot plan. */
export class Scope {
  readonly subnet: Subnet
  readonly pool: Pool
  /** Netmask, router and broadcast address: the machine can use the network, and boots from its disk. */
  readonly withoutBoot: DhcpReply
  /** For events: `10.1.0.100-10.1.0.199`. */
  readonly range: string
  #full = false
  #fullReported = Number.NEGATIVE_INFINITY

  constructor(network: DhcpNetwork, addresses: Addresses, server: string) {
    const { address, netmask, pool, router } = network
    this.subnet = new Subnet(address, netmask)
    this.range = pool?.join('-') ?? 'none: only machines with a fixed address'
    const excluded = router === undefined ? [server] : [server, router]
    this.pool = new Pool({ ...addresses, subnet: this.subnet, range: pool, excluded })
    const options: DhcpOption[] = [[OPTION.subnetMask, addressBytes(netmask)]]
    if (router !== undefined) options.push([OPTION.routers, addressBytes(router)])
    options.push([OPTION.broadcast, addressBytes(toText(this.subnet.broadcast))])
    this.withoutBoot = { options }
  }

  /** The pool had an address to offer. */
  hadRoom(): void {
    this.#full = false
  }

  /**
   * The pool had none. True when that is to be reported: once, and again after the pool had room, but at most once
   * a minute. `monotonic`: the clock's ms.
   */
  nowFull(monotonic: number): boolean {
    const suppressed = this.#full || monotonic - this.#fullReported < FULL_INTERVAL_MS
    this.#full = true
    if (!suppressed) this.#fullReported = monotonic
    return !suppressed
  }
}

/** The lab's own network and those behind relay agents. */
export class Scopes {
  readonly #lab: Scope
  readonly #all: readonly Scope[]

  constructor(lab: DhcpLab, addresses: Addresses) {
    this.#lab = new Scope(lab, addresses, lab.address)
    const relayed = (lab.relayed ?? []).map(network => new Scope(network, addresses, lab.address))
    this.#all = [this.#lab, ...relayed]
  }

  /**
   * The network that a client is on: the one that its relay agent or itself names (linkSelection), or that the agent
   * has an address in, else that of the address which the client renews by unicast (RFC 2131, section 4.3.2), else the
   * lab. Requests of other networks do not come here: `OwnNetworks`.
   */
  forMessage(message: DhcpMessage): Scope {
    const { giaddr, ciaddr } = message
    const address = linkSelection(message) ?? (giaddr === NO_ADDRESS ? ciaddr : giaddr)
    return this.withAddress(address) ?? this.#lab
  }

  /** The network that this address is in. */
  withAddress(ip: string): Scope | undefined {
    const address = toNumber(ip)
    return this.#all.find(({ subnet }) => subnet.has(address))
  }
}
