import type { Clock } from '../net/net.ts'

/** A flood from forged addresses is counted, not logged packet by packet. */
const MOST_SOURCES = 64

/** Lets one complaint for each source and window of time through. */
export class Complaints {
  readonly #clock: Clock
  readonly #windowMs: number
  #began = Number.NEGATIVE_INFINITY
  #sources = new Set<string>()

  constructor(clock: Clock, windowMs = 1000) {
    this.#clock = clock
    this.#windowMs = windowMs
  }

  /** Whether to log now. */
  allow(source: string): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#began >= this.#windowMs) {
      this.#began = now
      this.#sources.clear()
    }
    if (this.#sources.has(source) || this.#sources.size >= MOST_SOURCES) return false
    this.#sources.add(source)
    return true
  }
}
