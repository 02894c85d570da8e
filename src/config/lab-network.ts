import os from 'node:os'
import { BeError } from '../errors/errors.ts'
import type { Loaded } from './load.ts'
import { checkPool } from './pool.ts'
import { isHostIn, parseSubnet, type Subnet } from './subnet.ts'

/** Addresses by interface, as os.networkInterfaces() lists them. */
export interface Interfaces {
  [name: string]: { family: string; address: string; cidr: string | null; internal: boolean }[] | undefined
}

/**
 * The lab subnet: lab.address, else the address of lab.interface, else that of the only interface that
 * is not loopback. Throws BE_LAB_INTERFACE, or BE_LAB_AMBIGUOUS where there are several or none.
 */
export function labSubnet({ settings }: Loaded, interfaces: Interfaces = os.networkInterfaces()): Subnet {
  const given = settings['lab.address']
  if (given !== undefined) return parseSubnet(given)!
  const named = settings['lab.interface']
  const candidates = Object.entries(interfaces).flatMap(([name, addresses = []]) => {
    const usable = addresses.filter(
      a => a.family === 'IPv4' && a.cidr !== null && parseSubnet(a.cidr) !== undefined,
    )
    if (named !== undefined ? name !== named : usable.some(a => a.internal)) return []
    return usable.slice(0, 1).map(a => ({ name, cidr: a.cidr! }))
  })
  if (candidates.length === 1) return parseSubnet(candidates[0]!.cidr)!
  if (named !== undefined) {
    throw new BeError('BE_LAB_INTERFACE', `lab.interface: ${named} has no IPv4 address`, {
      expected: `one of ${Object.keys(interfaces).join(', ')}`,
    })
  }
  const found = candidates.map(({ name, cidr }) => `${name} ${cidr}`).join(', ') || 'none'
  throw new BeError('BE_LAB_AMBIGUOUS', `which network is the lab? interfaces with IPv4 here: ${found}`, {
    hint: 'set lab.interface or lab.address',
  })
}

/** First and last address of lab.pool, if it is set. Throws BE_POOL when it does not fit the lab. */
export function labPool({ settings, sources }: Loaded, lab: Subnet): [string, string] | undefined {
  const text = settings['lab.pool']
  if (text === undefined) return undefined
  const taken = { 'this server': lab.address, 'the router': settings['lab.router'] }
  return checkPool(`${sources['lab.pool']}: lab.pool`, text, lab, taken)
}

/** Checks that lab.router is on the lab's network. Throws BE_ROUTER. */
export function checkRouter({ settings, sources }: Loaded, lab: Subnet): void {
  const router = settings['lab.router']
  if (router === undefined || isHostIn(lab, router)) return
  throw new BeError('BE_ROUTER', `${sources['lab.router']}: lab.router`, {
    expected: `an address in ${lab.cidr}, found "${router}"`,
  })
}
