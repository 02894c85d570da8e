/** Lets so many in at a time; the others stand in line. */
export class Queue {
  #free: number
  readonly #line: (() => void)[] = []

  constructor(most: number) {
    this.#free = most
  }

  /** Resolves or rejects as the work does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(done => this.#line.push(done))
    try {
      return await work()
    } finally {
      const next = this.#line.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}

/** What `work` makes of each item, in their order, `most` at a time; the first failure rejects. */
export function mapLimited<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const turnstile = new Queue(most)
  return Promise.all(items.map(item => turnstile.run(() => work(item))))
}
