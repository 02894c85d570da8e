import type { Clock } from '../net/net.ts'

/** Sources counted separately in one window; all further ones share one count. */
const MAX_SOURCES = 4096

/** Limits the requests of each source to `most` in a window of one second. */
export class RateLimit {
  readonly #clock: Clock
  readonly #most: number
  readonly #counts = new Map<string, number>()
  #began = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  /** Counts a request; false if it is above the limit. */
  pass(source: string): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#began >= 1000) {
      this.#began = now
      this.#counts.clear()
    }
    const key = this.#counts.has(source) || this.#counts.size < MAX_SOURCES ? source : ''
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    return count <= this.#most
  }
}
