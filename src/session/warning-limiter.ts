import type { Clock } from '../net/net.ts'

/** Sources in one window; warnings of further ones are suppressed, so that forged addresses cannot flood the log. */
const MOST_SOURCES = 64

/** Allows one warning for each source in a window of time, and counts those that it suppresses. */
export class WarningLimiter {
  readonly #clock: Clock
  readonly #windowMs: number
  /** When the window began, on Clock.monotonic(). */
  #began = Number.NEGATIVE_INFINITY
  #suppressed = 0
  /** Those that had a warning in this window. */
  readonly #sources = new Set<string>()

  constructor(clock: Clock, windowMs = 1000) {
    this.#clock = clock
    this.#windowMs = windowMs
  }

  /** Undefined: the warning is suppressed. Else the number of warnings, of any source, suppressed since the last one. */
  admit(source: string): number | undefined {
    const now = this.#clock.monotonic()
    if (now - this.#began >= this.#windowMs) {
      this.#began = now
      this.#sources.clear()
    }
    if (this.#sources.has(source) || this.#sources.size >= MOST_SOURCES) {
      this.#suppressed++
      return undefined
    }
    this.#sources.add(source)
    const suppressed = this.#suppressed
    this.#suppressed = 0
    return suppressed
  }

  /** Whether the warning may be logged. */
  allow(source: string): boolean {
    return this.admit(source) !== undefined
  }
}
