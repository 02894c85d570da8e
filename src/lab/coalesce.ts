import type { Clock } from '../net/net.ts'

interface Entry<T> {
  answer: Promise<T>
  /** Monotonic ms; undefined while the question is being answered. */
  answeredAt: number | undefined
}

/**
 * Remembers the answers of slow questions for a moment, and asks each question once however many want
 * to know: a rack that is switched on must not ask mountd three hundred times for one handle.
 */
export class Coalescer<T> {
  readonly #clock: Clock
  readonly #ms: number
  readonly #entries = new Map<string, Entry<T>>()

  /** Answers count for `ms` milliseconds. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#ms = ms
  }

  /**
   * The answer to `key`: the one that is under way, or came within the last moments, else `ask`'s. A failure
   * goes to all who waited for it, and is not kept.
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
