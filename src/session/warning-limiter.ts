import type { Clock } from '../net/net.ts'

/** A flood from forged addresses is counted, not logged packet by packet. */
const MOST_SOURCES = 64

/** Lets one complaint for each source and window of time through, with the number of those it held back. */
export class WarningLimiter {
  readonly #clock: Clock
  readonly #windowMs: number
  #began = Number.NEGATIVE_INFINITY
  #held = 0
  readonly #sources = new Set<string>()

  constructor(clock: Clock, windowMs = 1000) {
    this.#clock = clock
    this.#windowMs = windowMs
  }

  /** Undefined: do not log now. Else how many complaints, of any source, went unsaid since the last. */
  admit(source: string): number | undefined {
    const now = this.#clock.monotonic()
    if (now - this.#began >= this.#windowMs) {
      this.#began = now
      this.#sources.clear()
    }
    if (this.#sources.has(source) || this.#sources.size >= MOST_SOURCES) {
      this.#held++
      return undefined
    }
    this.#sources.add(source)
    const held = this.#held
    this.#held = 0
    return held
  }

  /** Whether to log now. */
  allow(source: string): boolean {
    return this.admit(source) !== undefined
  }
}
