import type { ServerConnection } from './connection.ts'

/** Calls that are worked on at the same time. */
const MOST_CALLS = 64
/** Answers that lie here, in bytes, before no more calls are worked on: a few guests behind one address may hang. */
const MOST_WAITING = 128 << 20

/** What all connections of one client, an address, cost together: it could open any number. */
export class ClientQueue {
  readonly streams = new Set<ServerConnection>()
  readonly #line: (() => void)[] = []
  #calls = 0

  /** Does the work when it is its turn: first come, first served. Rejects as the work does. */
  async pass(work: () => Promise<void>): Promise<void> {
    if (this.#line.length > 0 || this.#full) await new Promise<void>(done => this.#line.push(done))
    else this.#calls++
    try {
      await work()
    } finally {
      this.#calls--
      this.next()
    }
  }

  /** Something of it has left: others may have their turn. */
  next(): void {
    while (this.#line.length > 0 && !this.#full) {
      this.#calls++
      this.#line.shift()!()
    }
  }

  get #full(): boolean {
    let waiting = 0
    for (const stream of this.streams) waiting += stream.waiting
    return this.#calls >= MOST_CALLS || waiting >= MOST_WAITING
  }
}
