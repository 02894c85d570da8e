import { BeError } from '../errors/errors.ts'
import { toNumber } from '../net/ipv4.ts'
import { isHostIn, type Subnet } from './subnet.ts'

/**
 * First and last address of a pool `FIRST-LAST`. `from` is the setting that an error names; `taken` are addresses
 * that the pool must not contain, by their owner. Throws BE_POOL.
 */
export function checkPool(
  from: string,
  text: string,
  subnet: Subnet,
  taken: Record<string, string | undefined>,
): [first: string, last: string] {
  const [first, last] = text.split('-') as [string, string]
  const bad = (expected: string, hint?: string) =>
    new BeError('BE_POOL', from, {
      expected: `${expected}, found "${text}"`,
      ...(hint === undefined ? {} : { hint }),
    })
  if (toNumber(first) > toNumber(last)) throw bad('the lower address first')
  for (const end of [first, last])
    if (!isHostIn(subnet, end)) throw bad(`addresses of hosts in ${subnet.cidr}`)
  for (const [owner, address] of Object.entries(taken)) {
    if (address === undefined || toNumber(address) < toNumber(first) || toNumber(address) > toNumber(last))
      continue
    throw bad(`a range without ${address}, which ${owner} has`, `leave ${address} out of the pool`)
  }
  return [first, last]
}
