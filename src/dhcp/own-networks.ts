import { NO_ADDRESS, Subnet, toNumber } from '../net/ipv4.ts'
import type { DhcpMessage } from './message.ts'
import { linkSelection } from './relay-agent.ts'
import type { DhcpLab } from './server-options.ts'

/** Why a request is not for this server: the name of the event, the source that is to blame, and what the log says. */
export interface Stranger {
  event: 'foreign' | 'relay-unknown'
  source: string
  detail: Record<string, string | undefined>
}

/** The networks that this server answers: its own, and those behind relay agents that the settings name. */
export class OwnNetworks {
  readonly #subnets: readonly Subnet[]

  constructor(lab: DhcpLab) {
    this.#subnets = [lab, ...(lab.relayed ?? [])].map(({ address, netmask }) => new Subnet(address, netmask))
  }

  /**
   * What is foreign about a request; undefined when nothing is. Of a relay agent giaddr counts, where the reply goes,
   * and the network that it selects; the source of its packets may be any address of the agent. A client without an
   * address sends from 0.0.0.0, one that renews by unicast from the address that it has.
   */
  stranger(message: DhcpMessage, from: string): Stranger | undefined {
    const { giaddr } = message
    const link = linkSelection(message)
    const linkIsOurs = link === undefined || this.#has(link)
    if (giaddr !== NO_ADDRESS) {
      if (linkIsOurs && this.#has(giaddr)) return undefined
      return { event: 'relay-unknown', source: giaddr, detail: { giaddr, link } }
    }
    if (linkIsOurs && (from === NO_ADDRESS || this.#has(from))) return undefined
    return { event: 'foreign', source: from, detail: { from, link } }
  }

  #has(ip: string): boolean {
    const address = toNumber(ip)
    return this.#subnets.some(subnet => subnet.has(address))
  }
}
