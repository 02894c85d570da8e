/** Runs up to `concurrency` pieces of work at a time; the others wait in order. */
export class Queue {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(concurrency: number) {
    this.#free = concurrency
  }

  /** Resolves or rejects as the work does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(done => this.#waiting.push(done))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}

/** The same for work of several clients, who take turns: one that has much of it delays another by one piece. */
export class FairQueue {
  #free: number
  /** By client, whose turn it is first; those that have work waiting. */
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(concurrency: number) {
    this.#free = concurrency
  }

  /** Resolves or rejects as the work does. */
  async run<T>(client: string, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(start => this.#add(client, start))
    try {
      return await work()
    } finally {
      this.#startNext()
    }
  }

  #add(client: string, start: () => void): void {
    const own = this.#waiting.get(client)
    if (own === undefined) this.#waiting.set(client, [start])
    else own.push(start)
  }

  #startNext(): void {
    const [first] = this.#waiting
    if (first === undefined) {
      this.#free++
      return
    }
    const [client, own] = first
    const start = own.shift()!
    this.#waiting.delete(client)
    if (own.length > 0) this.#waiting.set(client, own)
    start()
  }
}

/** The results of `work` for each item, in their order, run `concurrency` at a time. Rejects with the first failure. */
export function mapLimited<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const queue = new Queue(concurrency)
  return Promise.all(items.map(item => queue.run(() => work(item))))
}
