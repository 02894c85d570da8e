import os from 'node:os'
import { BeError } from '../errors.ts'
import { isHostIn, parseSubnet, type Subnet, toNumber } from './lab.ts'
import type { Loaded } from './load.ts'

export interface Interfaces {
  [name: string]: { family: string; address: string; cidr: string | null; internal: boolean }[] | undefined
}

/**
 * The lab subnet: lab.address, else the address of lab.interface, else that of the only interface that
 * is not loopback. Throws BE_LAB_INTERFACE or BE_LAB_AMBIGUOUS: which network is the lab is not guessed.
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
      exit: 'config',
    })
  }
  const found = candidates.map(({ name, cidr }) => `${name} ${cidr}`).join(', ') || 'none'
  throw new BeError('BE_LAB_AMBIGUOUS', `which network is the lab? interfaces with IPv4 here: ${found}`, {
    hint: 'set lab.interface or lab.address',
    exit: 'config',
  })
}

/** First and last address of the pool. Throws BE_POOL when it does not fit the lab. */
export function labPool({ settings, sources }: Loaded, lab: Subnet): [string, string] | undefined {
  const text = settings['lab.pool']
  if (text === undefined) return undefined
  const [first, last] = text.split('-') as [string, string]
  const bad = (expected: string, hint?: string) =>
    new BeError('BE_POOL', `${sources['lab.pool']}: lab.pool`, {
      expected: `${expected}, found "${text}"`,
      ...(hint === undefined ? {} : { hint }),
      exit: 'config',
    })
  if (toNumber(first) > toNumber(last)) throw bad('the lower address first')
  for (const end of [first, last]) if (!isHostIn(lab, end)) throw bad(`addresses of hosts in ${lab.cidr}`)
  const taken: [string, string | undefined][] = [
    ["this server's own address", lab.address],
    ["the router's address", settings['lab.router']],
  ]
  for (const [what, address] of taken) {
    if (address === undefined || toNumber(address) < toNumber(first) || toNumber(address) > toNumber(last))
      continue
    throw bad(`a range without ${address}, ${what}`, `leave ${address} out of the pool`)
  }
  return [first, last]
}

/** The router must be on the lab's own network. Throws BE_ROUTER. */
export function checkRouter({ settings, sources }: Loaded, lab: Subnet): void {
  const router = settings['lab.router']
  if (router === undefined || isHostIn(lab, router)) return
  throw new BeError('BE_ROUTER', `${sources['lab.router']}: lab.router`, {
    expected: `an address in ${lab.cidr}, found "${router}"`,
    exit: 'config',
  })
}
