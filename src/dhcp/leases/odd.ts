import { type Subnet, toNumber } from '../../net/ipv4.ts'
import type { LeaseDatabase } from './database.ts'
import type { Lease } from './lease.ts'

/** Leases that run and that the settings or the inventory contradict. They are kept: their machines use the addresses. */
export interface OddLeases {
  /** In none of the networks that are served. */
  outside: number
  /** Of addresses that are reserved for another machine by now. */
  reserved: number
  /** One of them, for the log. */
  example: string
}

interface Facts {
  networks: readonly Subnet[]
  reservation(mac: string): string | undefined
  reservedFor(ip: string): string | undefined
}

/** Undefined when there are none. */
export function oddLeases(leases: LeaseDatabase, facts: Facts): OddLeases | undefined {
  const outside: Lease[] = []
  const reserved: Lease[] = []
  for (const lease of leases.all()) {
    if (lease.state !== 'bound' || lease.until <= leases.now()) continue
    const address = toNumber(lease.ip)
    if (!facts.networks.some(network => network.hasHost(address))) outside.push(lease)
    else if (facts.reservedFor(lease.ip) !== undefined && facts.reservation(lease.mac) !== lease.ip)
      reserved.push(lease)
  }
  const [first] = [...outside, ...reserved]
  if (first === undefined) return undefined
  return { outside: outside.length, reserved: reserved.length, example: `${first.ip} of ${first.mac}` }
}
