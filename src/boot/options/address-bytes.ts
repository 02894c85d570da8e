const CACHE_LIMIT = 256
const cache = new Map<string, Buffer>()

/** The four bytes of a dotted address, as an option's value; cached, since all replies contain the same few. */
export function addressBytes(address: string): Buffer {
  const cached = cache.get(address)
  if (cached !== undefined) return cached
  const bytes = Buffer.from(address.split('.').map(Number))
  if (cache.size < CACHE_LIMIT) cache.set(address, bytes)
  return bytes
}
