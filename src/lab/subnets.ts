import type { LabFacts } from '../boot/plan-input.ts'
import { checkRouter, labSubnet } from '../config/lab-network.ts'
import { type OtherSubnet, otherSubnets } from '../config/other-subnets.ts'
import { isHostIn, type Subnet } from '../config/subnet.ts'
import type { Effective } from './settings.ts'

/** The subnets whose machines are served: the lab's, and those of dhcp.subnets. Computed on first use. */
export class LabSubnets {
  readonly #effective: Effective
  #lab: Subnet | undefined
  #others: readonly OtherSubnet[] | undefined

  constructor(effective: Effective) {
    this.#effective = effective
  }

  /** The lab's own subnet. Throws BE_LAB_AMBIGUOUS, BE_LAB_INTERFACE, BE_ROUTER. */
  get lab(): Subnet {
    if (this.#lab === undefined) {
      const lab = labSubnet(this.#effective)
      checkRouter(this.#effective, lab)
      this.#lab = lab
    }
    return this.#lab
  }

  /** Subnets behind relay agents, or on further interfaces. Throws as `lab` does, and BE_SUBNET, BE_POOL. */
  get others(): readonly OtherSubnet[] {
    this.#others ??= otherSubnets(this.#effective, this.lab)
    return this.#others
  }

  /** Addresses of this host that machines boot from; the one on the lab's subnet first. */
  get addresses(): string[] {
    return [this.lab.address, ...this.others.flatMap(({ server }) => server ?? [])]
  }

  /**
   * Whether requests from this address are answered: that of a host in one of these subnets, behind a relay agent too, or
   * of this host.
   */
  isOurs(address: string): boolean {
    if (address.startsWith('127.')) return true
    return [this.lab, ...this.others].some(subnet => isHostIn(subnet, address))
  }

  /** The network parameters for a machine with this address; those of the lab's subnet for any other, or without one. */
  factsFor(ip?: string): LabFacts {
    const { settings } = this.#effective
    const other = ip === undefined ? undefined : this.others.find(subnet => isHostIn(subnet, ip))
    const { netmask, broadcast } = other ?? this.lab
    return {
      server: other?.server ?? this.lab.address,
      netmask,
      broadcast,
      router: other === undefined ? settings['lab.router'] : other.router,
      dns: settings['lab.dns'],
      domain: settings['lab.domain'],
      httpPort: settings['http.port'],
    }
  }
}
