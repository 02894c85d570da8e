import { Budget } from '../../net/budget.ts'

/** Calls that are answered at the same time: each may hold a megabyte of a file, and reads are done by four threads. */
const MAX_RUNNING = 32
/**
 * Calls that are started in one turn of the event loop. Those that are answered from memory, by a connection whose buffer
 * has room, would otherwise follow each other without end, and nothing else would be served meanwhile.
 */
const MAX_IN_TURN = 32

interface Waiting {
  /** Takes what the call needs; false: that is not there now. */
  admit(): boolean
  start(): void
}

/**
 * Runs the calls of all clients, a limited number at a time. Clients take turns, call by call, so that one with many
 * calls, or with expensive ones, delays another by one of them and not by all.
 */
export class CallQueue {
  readonly #running = new Budget({ total: MAX_RUNNING })
  /** By client, whose turn it is first; those that have calls waiting. */
  readonly #waiting = new Map<string, Waiting[]>()
  #isStarting = false
  /** Calls that were started in this turn of the event loop. */
  #inTurn = 0
  /** Resources were freed meanwhile: admit() may close connections. */
  #startAgain = false

  /**
   * Runs `work` when it is the client's turn and `admit` returns true; resolves when it is done, and rejects as it does.
   * The caller bounds the number of calls that wait.
   */
  async run(client: string, work: () => Promise<void>, admit = () => true): Promise<void> {
    await new Promise<void>(start => this.#add(client, { admit, start }))
    try {
      await work()
    } finally {
      this.#running.release(client, 1)
      this.startWaiting()
    }
  }

  /** Starts waiting calls, as many as may; to be called when a call may be admitted that was not before. */
  startWaiting(): void {
    this.#start(this.#waiting.keys())
  }

  /** Behind the client's other calls. Without such it is tried at once; the calls of other clients have been tried. */
  #add(client: string, call: Waiting): void {
    const calls = this.#waiting.get(client)
    if (calls !== undefined) calls.push(call)
    else {
      this.#waiting.set(client, [call])
      this.#start([client])
    }
  }

  #start(clients: Iterable<string>): void {
    this.#startAgain = this.#isStarting
    if (this.#isStarting) return
    this.#isStarting = true
    // A client that has more calls is appended again, and so is visited once more after all others.
    for (const client of clients) this.#startFirst(client)
    while (this.#startAgain) {
      this.#startAgain = false
      for (const client of this.#waiting.keys()) this.#startFirst(client)
    }
    this.#isStarting = false
  }

  readonly #nextTurn = (): void => {
    this.#inTurn = 0
    this.startWaiting()
  }

  /** The client's first call, if it may; then it is the turn of all others. */
  #startFirst(client: string): void {
    const calls = this.#waiting.get(client)!
    if (this.#inTurn >= MAX_IN_TURN || !this.#running.admits(client, 1) || !calls[0]!.admit()) return
    this.#running.reserve(client, 1)
    if (this.#inTurn++ === 0) setImmediate(this.#nextTurn)
    this.#waiting.delete(client)
    const { start } = calls.shift()!
    if (calls.length > 0) this.#waiting.set(client, calls)
    start()
  }
}
