/** Calls of one client that are answered at the same time. */
const MAX_CALLS = 64
/**
 * Unsent bytes of replies to one client before no further call is started. Several guests behind one address may
 * be slow at once.
 */
const MAX_UNSENT = 128 << 20

/** A connection, as far as its client's queue is concerned. */
interface QueuedConnection {
  /** Bytes of replies that have not left yet. */
  readonly unsent: number
}

/** Limits what all connections of one client address cost together, as it may open any number. */
export class ClientQueue<Connection extends QueuedConnection = QueuedConnection> {
  readonly connections = new Set<Connection>()
  readonly #waiting: (() => void)[] = []
  #calls = 0

  /** Runs `work` when the limits allow, in order of arrival. Rejects as `work` does. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.#waiting.length > 0 || this.#isFull) await new Promise<void>(done => this.#waiting.push(done))
    else this.#calls++
    try {
      await work()
    } finally {
      this.#calls--
      this.startWaiting()
    }
  }

  /** Starts waiting calls, as many as the limits allow; to be called when replies were sent. */
  startWaiting(): void {
    while (this.#waiting.length > 0 && !this.#isFull) {
      this.#calls++
      this.#waiting.shift()!()
    }
  }

  get #isFull(): boolean {
    let unsent = 0
    for (const connection of this.connections) unsent += connection.unsent
    return this.#calls >= MAX_CALLS || unsent >= MAX_UNSENT
  }
}
