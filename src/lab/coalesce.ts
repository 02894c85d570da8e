import type { Clock } from '../net/net.ts'

interface Entry<T> {
  answer: Promise<T>
  /** Monotonic ms; undefined while the request is under way. */
  answeredAt: number | undefined
}

/**
 * Makes each slow request once for all callers that wait for it, and reuses its answer for a short time: a rack of
 * machines that are switched on together causes one request to mountd.
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
   * The answer for `key`: that of the request that is under way, or a recent one, or else that of `request`. A failure
   * rejects all callers that wait for it, and is not kept.
   */
  get(key: string, request: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key)
    if (known !== undefined && this.#isFresh(known)) return known.answer
    const entry: Entry<T> = { answer: request(), answeredAt: undefined }
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
