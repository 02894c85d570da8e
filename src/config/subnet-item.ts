import { isAddress } from '../net/ipv4.ts'
import { parseNetwork, type Subnet } from './subnet.ts'

/** An item of `dhcp.subnets`; its addresses are not yet checked against each other. */
export interface SubnetItem {
  subnet: Subnet
  server?: string
  router?: string
  pool?: string
}

/** How an item of `dhcp.subnets` is written, for errors. */
export const SUBNET_FORM =
  "a network, its router or this host's address there, and maybe a pool, as 10.1.0.0/24 router=10.1.0.1 pool=10.1.0.100-10.1.0.199"

/** Whether the text has the form of an item of `dhcp.subnets`. */
export const isSubnetText = (text: string): boolean => parseSubnetItem(text) !== undefined

/**
 * Parses `10.1.0.0/24 address=10.1.0.2 router=10.1.0.1 pool=10.1.0.100-10.1.0.199`; `address=` or `router=` must
 * be there. Undefined when the text has another form.
 */
export function parseSubnetItem(text: string): SubnetItem | undefined {
  const [network, ...pairs] = text.trim().split(/\s+/)
  const subnet = parseNetwork(network ?? '')
  const given = new Map(pairs.map(pair => /^([^=]*)=?(.*)$/s.exec(pair)!.slice(1) as [string, string]))
  const { address, router, pool, ...unknown } = Object.fromEntries(given)
  if (subnet === undefined || given.size !== pairs.length || Object.keys(unknown).length > 0) return undefined
  const item: SubnetItem = { subnet }
  for (const [key, value] of [
    ['server', address],
    ['router', router],
  ] as const) {
    if (value !== undefined && !isAddress(value)) return undefined
    if (value !== undefined) item[key] = value
  }
  if (item.server === undefined && item.router === undefined) return undefined
  if (!given.has('pool')) return item
  const ends = pool?.split('-') ?? []
  return ends.length === 2 && ends.every(isAddress) ? { ...item, pool: pool! } : undefined
}
