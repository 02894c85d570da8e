import { BeError } from '../errors/errors.ts'
import type { Loaded } from './load.ts'
import { checkPool } from './pool.ts'
import { isAddress, isHostIn, parseNetwork, type Subnet, toNumber } from './subnet.ts'

/** A network besides the lab: behind a relay agent, or on another interface; all addresses dotted. */
export interface OtherSubnet extends Subnet {
  /** This host's address there; absent: it is behind a relay agent. */
  server?: string
  /** The gateway of its machines; from behind a relay agent it is the way to this server. */
  router?: string
  pool?: [first: string, last: string]
}

/** An item of `dhcp.subnets` taken apart, its addresses not compared yet. */
interface Words {
  subnet: Subnet
  server?: string
  router?: string
  pool?: string
}

/** How an item of `dhcp.subnets` is written. */
export const SUBNET_FORM =
  "a network, its router or this host's address there, and maybe a pool, as 10.1.0.0/24 router=10.1.0.1 pool=10.1.0.100-10.1.0.199"

/** Whether the text has the form of an item of `dhcp.subnets`. */
export const isSubnetText = (text: string): boolean => read(text) !== undefined

/** `10.1.0.0/24 address=10.1.0.2 router=10.1.0.1 pool=10.1.0.100-10.1.0.199`; one of the first two must be there. */
function read(text: string): Words | undefined {
  const [network, ...pairs] = text.trim().split(/\s+/)
  const subnet = parseNetwork(network ?? '')
  const given = new Map(pairs.map(pair => /^([^=]*)=?(.*)$/s.exec(pair)!.slice(1) as [string, string]))
  const { address, router, pool, ...unknown } = Object.fromEntries(given)
  if (subnet === undefined || given.size !== pairs.length || Object.keys(unknown).length > 0) return undefined
  const words: Words = { subnet }
  for (const [key, value] of [
    ['server', address],
    ['router', router],
  ] as const) {
    if (value !== undefined && !isAddress(value)) return undefined
    if (value !== undefined) words[key] = value
  }
  if (words.server === undefined && words.router === undefined) return undefined
  if (!given.has('pool')) return words
  const ends = pool?.split('-') ?? []
  return ends.length === 2 && ends.every(isAddress) ? { ...words, pool: pool! } : undefined
}

/**
 * The networks besides the lab. Throws BE_SUBNET when one overlaps the lab or another, or its router or our address
 * is elsewhere, and BE_POOL when its pool does not fit.
 */
export function otherSubnets({ settings, sources }: Loaded, lab: Subnet): OtherSubnet[] {
  const from = `${sources['dhcp.subnets']}: dhcp.subnets`
  const all: OtherSubnet[] = []
  for (const text of settings['dhcp.subnets']) {
    const { subnet, pool, ...words } = read(text)!
    const clash = [lab, ...all].find(other => overlap(other, subnet))
    if (clash !== undefined) throw bad(from, `a network apart from ${clash.cidr}`, subnet.cidr)
    const { server, router } = words
    if (router !== undefined && !isHostIn(subnet, router))
      throw bad(from, `a router in ${subnet.cidr}`, router)
    if (server !== undefined && !isHostIn(subnet, server))
      throw bad(from, `an address of this host in ${subnet.cidr}`, server)
    const taken = { 'this server': server, 'the router': router }
    const range = pool === undefined ? {} : { pool: checkPool(from, pool, subnet, taken) }
    all.push({ ...subnet, ...words, ...range })
  }
  return all
}

const overlap = (a: Subnet, b: Subnet): boolean =>
  toNumber(a.network) <= toNumber(b.broadcast) && toNumber(b.network) <= toNumber(a.broadcast)

const bad = (from: string, expected: string, found: string): BeError =>
  new BeError('BE_SUBNET', from, { expected: `${expected}, found "${found}"`, exit: 'config' })
