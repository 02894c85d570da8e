import type { Clock } from '../net/net.ts'

interface Entry<T> {
  answer: Promise<T>
  /** Monotonic ms; undefined while the request is under way. */
  answeredAt: number | undefined
}

/**
 * Shares the answers of slow requests: each is made once for all that wait for it, and its answer is reused for a moment.
 * A rack that is switched on must not ask mountd three hundred times for one handle.
 */
export class Coalescer<T> {
  readonly #clock: Clock
  readonly #ms: number
  readonly #entries = new Map<string, Entry<T>>()

  /** Answers are reused for `ms` milliseconds. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
  }

  /**
   * The answer for `key`: of the request that is under way, or a recent one, or else of `ask`. A failure rejects all that
   * waited for it, and is not kept.
   */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key)
    if (known !== undefined && this.#isFresh(known)) return known.answer
    const entry: Entry<T> = { answer: ask(), answeredAt: undefined }
    this.#entries.set(key, entry)
    entry.answer.then(
      () => {
        entry.answeredAt = this.#clock.monotonic()
      },
      () => this.#entries.delete(key),
    )
    return entry.answer
  }

  #isFresh({ answeredAt }: Entry<T>): boolean {
    return answeredAt === undefined || this.#clock.monotonic() - answeredAt < this.#ms
  }
}
