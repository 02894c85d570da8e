import { BeError } from '../errors/errors.ts'
import { toNumber } from '../net/ipv4.ts'
import type { Loaded } from './load.ts'
import { checkPool } from './pool.ts'
import { isHostIn, type Subnet } from './subnet.ts'
import { parseSubnetItem } from './subnet-item.ts'

/** A subnet besides the lab's: behind a relay agent, or on another interface; all addresses dotted. */
export interface OtherSubnet extends Subnet {
  /** This host's address there; absent: it is behind a relay agent. */
  server?: string
  /** The gateway of its machines; always there behind a relay agent, where it leads to this server. */
  router?: string
  pool?: [first: string, last: string]
}

/**
 * The subnets of dhcp.subnets. Throws BE_SUBNET when one overlaps the lab or another, or when its router or this
 * host's address is not in it; BE_POOL when its pool does not fit.
 */
export function otherSubnets({ settings, sources }: Loaded, lab: Subnet): OtherSubnet[] {
  const from = `${sources['dhcp.subnets']}: dhcp.subnets`
  const all: OtherSubnet[] = []
  for (const text of settings['dhcp.subnets']) {
    const { subnet, pool, ...addresses } = parseSubnetItem(text)!
    const clash = [lab, ...all].find(other => doOverlap(other, subnet))
    if (clash !== undefined) throw bad(from, `a network apart from ${clash.cidr}`, subnet.cidr)
    const { server, router } = addresses
    if (router !== undefined && !isHostIn(subnet, router))
      throw bad(from, `a router in ${subnet.cidr}`, router)
    if (server !== undefined && !isHostIn(subnet, server))
      throw bad(from, `an address of this host in ${subnet.cidr}`, server)
    const taken = { 'this server': server, 'the router': router }
    const range = pool === undefined ? {} : { pool: checkPool(from, pool, subnet, taken) }
    all.push({ ...subnet, ...addresses, ...range })
  }
  return all
}

const doOverlap = (a: Subnet, b: Subnet): boolean =>
  toNumber(a.network) <= toNumber(b.broadcast) && toNumber(b.network) <= toNumber(a.broadcast)

const bad = (from: string, expected: string, found: string): BeError =>
  new BeError('BE_SUBNET', from, { expected: `${expected}, found "${found}"` })
