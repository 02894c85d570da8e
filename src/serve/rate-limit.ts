import type { Clock } from '../net/net.ts'

/** Sources that are told apart in one window; those beyond share what one may. */
const MOST_SOURCES = 4096

/** Lets so many requests of each source pass in a second. */
export class RateLimit {
  readonly #clock: Clock
  readonly #most: number
  readonly #counts = new Map<string, number>()
  #began = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  pass(source: string): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#began >= 1000) {
      this.#began = now
      this.#counts.clear()
    }
    const key = this.#counts.has(source) || this.#counts.size < MOST_SOURCES ? source : ''
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    return count <= this.#most
  }
}
