import { BeError } from '../errors.ts'
import { isAddress, isHostIn, parseNetwork, type Subnet, toNumber } from './lab.ts'
import type { Loaded } from './load.ts'
import { checkPool } from './pool.ts'

/** A network behind a relay agent; all addresses dotted. */
export interface RelayedSubnet extends Subnet {
  /** Its way to this server, which is on another network. */
  router: string
  pool?: [first: string, last: string]
}

/** An item of `dhcp.subnets` taken apart, its addresses not compared yet. */
interface Words {
  subnet: Subnet
  router: string
  pool?: string
}

/** How an item of `dhcp.subnets` is written. */
export const SUBNET_FORM =
  'a network, its router and maybe a pool, as 10.1.0.0/24 router=10.1.0.1 pool=10.1.0.100-10.1.0.199'

/** Whether the text has the form of an item of `dhcp.subnets`. */
export const isSubnetText = (text: string): boolean => read(text) !== undefined

/** `10.1.0.0/24 router=10.1.0.1 pool=10.1.0.100-10.1.0.199`, the pool left out at will. */
function read(text: string): Words | undefined {
  const [network, ...pairs] = text.trim().split(/\s+/)
  const subnet = parseNetwork(network ?? '')
  const given = new Map(pairs.map(pair => pair.split('=', 2) as [string, string | undefined]))
  const { router, pool, ...unknown } = Object.fromEntries(given)
  if (subnet === undefined || given.size !== pairs.length || Object.keys(unknown).length > 0) return undefined
  if (router === undefined || !isAddress(router)) return undefined
  if (!given.has('pool')) return { subnet, router }
  const ends = pool?.split('-') ?? []
  return ends.length === 2 && ends.every(isAddress) ? { subnet, router, pool: pool! } : undefined
}

/**
 * The networks behind relay agents. Throws BE_SUBNET when one overlaps the lab or another, or its router
 * is elsewhere, and BE_POOL when its pool does not fit.
 */
export function relayedSubnets({ settings, sources }: Loaded, lab: Subnet): RelayedSubnet[] {
  const from = `${sources['dhcp.subnets']}: dhcp.subnets`
  const all: RelayedSubnet[] = []
  for (const text of settings['dhcp.subnets']) {
    const { subnet, router, pool } = read(text)!
    const clash = [lab, ...all].find(other => overlap(other, subnet))
    if (clash !== undefined) throw bad(from, `a network apart from ${clash.cidr}`, subnet.cidr)
    if (!isHostIn(subnet, router)) throw bad(from, `a router in ${subnet.cidr}`, router)
    const range = pool === undefined ? {} : { pool: checkPool(from, pool, subnet, { 'the router': router }) }
    all.push({ ...subnet, router, ...range })
  }
  return all
}

const overlap = (a: Subnet, b: Subnet): boolean =>
  toNumber(a.network) <= toNumber(b.broadcast) && toNumber(b.network) <= toNumber(a.broadcast)

const bad = (from: string, expected: string, found: string): BeError =>
  new BeError('BE_SUBNET', from, { expected: `${expected}, found "${found}"`, exit: 'config' })
