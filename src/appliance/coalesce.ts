import type { Clock } from '../net/net.ts'

/**
 * Remembers the answers of slow questions for a moment, and asks each question once however many want
 * to know: a rack that is switched on must not ask mountd three hundred times for one handle.
 */
export class Coalesce<T> {
  readonly #clock: Clock
  readonly #ms: number
  readonly #answers = new Map<string, { at: number; answer: Promise<T> }>()

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
  }

  /** The answer to `key`, asked now unless it was asked within the last moments. Failures are not kept. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const now = this.#clock.monotonic()
    const known = this.#answers.get(key)
    if (known !== undefined && now - known.at < this.#ms) return known.answer
    const answer = ask()
    this.#answers.set(key, { at: now, answer })
    answer.catch(() => this.#answers.delete(key))
    return answer
  }

  clear(): void {
    this.#answers.clear()
  }
}
