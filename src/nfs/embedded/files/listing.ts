/** The names of a directory in the order in which clients are told of them. */
export interface Listing {
  names: string[]
  /** Of each name; strictly rising, above FIRST_COOKIE. */
  cookies: number[]
  /** When it was read, on Clock.monotonic(). */
  at: number
}

/** Cookies of `.` and `..`, and one below those of names. */
export const COOKIE = { self: 1, parent: 2 } as const

/**
 * Orders names by a hash of theirs, which is their cookie too: so a client that was told half of a directory
 * goes on at the right place whatever was added or removed meanwhile, by another process even, and no cookie
 * ever becomes invalid (RFC 1813, section 3.3.16, leaves the verifier 0 to such servers).
 */
export function orderNames(names: readonly string[], at: number): Listing {
  const entries = names.map(name => ({ name, cookie: cookieOf(name) }))
  entries.sort((a, b) => a.cookie - b.cookie || (a.name < b.name ? -1 : 1))
  let last: number = COOKIE.parent
  for (const entry of entries) last = entry.cookie = Math.max(entry.cookie, last + 1)
  return { names: entries.map(({ name }) => name), cookies: entries.map(({ cookie }) => cookie), at }
}

/** 52 bits of two FNV-1a: a number holds them exactly, and they fit a signed 64-bit offset. */
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

/** Index of the first name behind a cookie. */
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
