import { addressBytes as bytesOf } from '../../net/ipv4.ts'

const CACHE_LIMIT = 256
const cache = new Map<string, Buffer>()

/** The four bytes of an address, as an option's value; cached, since all replies contain the same few. */
export function addressBytes(address: string): Buffer {
  const cached = cache.get(address)
  if (cached !== undefined) return cached
  const bytes = bytesOf(address)
  if (cache.size < CACHE_LIMIT) cache.set(address, bytes)
  return bytes
}
