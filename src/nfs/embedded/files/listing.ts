/** The names in a directory, in the order in which clients get them. */
export interface Listing {
  names: string[]
  /** Of each name; strictly rising, above COOKIE.parent. */
  cookies: number[]
  /** When it was read, by Clock.monotonic(). */
  readAt: number
}

/** Cookies of `.` and `..`; those of names are larger. */
export const COOKIE = { self: 1, parent: 2 } as const

/**
 * Sorts names by a hash of the name, which is its cookie too. So a client that has read a part of a directory
 * continues at the right place whatever was added or removed meanwhile, even after a restart, and no cookie ever
 * becomes invalid (RFC 1813, section 3.3.16, lets such servers use the verifier 0).
 */
export function sortNames(names: readonly string[], readAt: number): Listing {
  const entries = names.map(name => ({ name, cookie: cookieOf(name) }))
  entries.sort((a, b) => a.cookie - b.cookie || (a.name < b.name ? -1 : 1))
  let last: number = COOKIE.parent
  for (const entry of entries) last = entry.cookie = Math.max(entry.cookie, last + 1)
  return { names: entries.map(({ name }) => name), cookies: entries.map(({ cookie }) => cookie), readAt }
}

/** 52 bits of two FNV-1a hashes: exact in a JavaScript number, and positive in a signed 64-bit offset. */
function cookieOf(name: string): number {
  let low = 0x811c9dc5
  let high = 0x01000193
  for (let at = 0; at < name.length; at++) {
    const byte = name.charCodeAt(at)
    low = Math.imul(low ^ byte, 0x01000193)
    high = Math.imul(high ^ byte, 0x85ebca6b)
  }
  return ((high >>> 12) & 0xfffff) * 2 ** 32 + (low >>> 0)
}

/** Index of the first name whose cookie is larger than this one. */
export function indexAfter({ cookies }: Listing, cookie: number): number {
  let low = 0
  let high = cookies.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (cookies[middle]! <= cookie) low = middle + 1
    else high = middle
  }
  return low
}
