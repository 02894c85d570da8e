import { Budget } from '../../net/budget.ts'

/** Calls that are answered at the same time: each may hold a megabyte of a file, and reads are done by four threads. */
const MAX_RUNNING = 32

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
  /** startWaiting() was called while it ran: admit() may close connections. */
  #startAgain = false

  /**
   * Runs `work` when it is the client's turn and `admit` returns true; resolves when it is done, and rejects as it does.
   * The caller bounds the number of calls that wait.
   */
  async run(client: string, work: () => Promise<void>, admit = () => true): Promise<void> {
    await new Promise<void>(start => {
      const calls = this.#waiting.get(client)
      if (calls === undefined) this.#waiting.set(client, [{ admit, start }])
      else calls.push({ admit, start })
      this.startWaiting()
    })
    try {
      await work()
    } finally {
      this.#running.release(client, 1)
      this.startWaiting()
    }
  }

  /** Starts waiting calls, as many as may; to be called when a call may be admitted that was not before. */
  startWaiting(): void {
    this.#startAgain = true
    if (this.#isStarting) return
    this.#isStarting = true
    while (this.#startAgain) {
      this.#startAgain = false
      this.#startAll()
    }
    this.#isStarting = false
  }

  #startAll(): void {
    // A client that has more calls is appended again, and so is visited once more after all others.
    for (const [client, calls] of this.#waiting) {
      if (this.#running.all >= MAX_RUNNING) return
      if (!this.#running.admits(client, 1) || !calls[0]!.admit()) continue
      this.#running.reserve(client, 1)
      this.#waiting.delete(client)
      const { start } = calls.shift()!
      if (calls.length > 0) this.#waiting.set(client, calls)
      start()
    }
  }
}
