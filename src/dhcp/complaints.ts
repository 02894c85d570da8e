import type { Clock } from '../net/net.ts'

const WINDOW_MS = 1000
/** A flood from forged addresses is counted, not logged packet by packet. */
const MOST_SOURCES = 64

/** Lets one complaint for each source and second through. */
export class Complaints {
  readonly #clock: Clock
  #began = Number.NEGATIVE_INFINITY
  #sources = new Set<string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether to log now. */
  allow(source: string): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#began >= WINDOW_MS) {
      this.#began = now
      this.#sources.clear()
    }
    if (this.#sources.has(source) || this.#sources.size >= MOST_SOURCES) return false
    this.#sources.add(source)
    return true
  }
}
