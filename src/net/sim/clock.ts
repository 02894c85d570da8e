import type { Clock, Timer } from '../net.ts'

interface Entry {
  at: number
  /** Timers that are due at the same time fire in the order in which they were set. */
  order: number
  run: () => void
}

/**
 * A clock that jumps from one due timer to the next. Before it moves on it waits until the event loop is idle,
 * so real work (file reads, fsync) takes no simulated time.
 */
export class SimClock implements Clock {
  #now = Date.UTC(2026, 0, 1)
  #start = this.#now
  #sequence = 0
  #due: Entry[] = []

  /** Whole milliseconds, like Date.now(). */
  now(): number {
    return Math.floor(this.#now)
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  timer(ms: number, run: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, ms), order: this.#sequence++, run }
    this.#due.push(entry)
    return {
      cancel: () => {
        const index = this.#due.indexOf(entry)
        if (index >= 0) this.#due.splice(index, 1)
      },
    }
  }

  /** The number of timers that have not fired; 0 after a service has stopped cleanly. */
  get pending(): number {
    return this.#due.length
  }

  /** Lets time pass until `goal` settles. Rejects when `limitMs` of simulated time pass first. */
  async until<T>(goal: Promise<T>, limitMs = 600_000): Promise<T> {
    let settled = false
    const mark = () => {
      settled = true
    }
    goal.then(mark, mark)
    const end = this.#now + limitMs
    for (let idle = 0; ; ) {
      await eventLoopIdle()
      if (settled) return goal
      const due = this.#next()
      if (due === undefined) {
        if (++idle > MOST_IDLE) throw new Error('simulation: nothing left to happen')
        await new Promise(done => setTimeout(done, IDLE_MS))
        continue
      }
      idle = 0
      if (due.at > end) throw new Error(`simulation: not done after ${limitMs} ms`)
      this.#fire(due)
    }
  }

  /** Lets exactly `ms` of simulated time pass. */
  async advance(ms: number): Promise<void> {
    await this.until(new Promise<void>(done => this.timer(ms, done)), ms + 1)
  }

  #next(): Entry | undefined {
    let first = this.#due[0]
    for (const entry of this.#due) {
      if (entry.at < first!.at || (entry.at === first!.at && entry.order < first!.order)) first = entry
    }
    return first
  }

  #fire(entry: Entry): void {
    this.#due.splice(this.#due.indexOf(entry), 1)
    this.#now = Math.max(this.#now, entry.at)
    entry.run()
  }
}

/**
 * Without a timer to fire, `until` looks this often for the goal, at this interval (ms of real time): work that
 * is not file I/O (a child process, a worker) does not show among the active resources below.
 */
const MOST_IDLE = 100
const IDLE_MS = 3

/** Node's names for file operations in progress (process.getActiveResourcesInfo). */
const FILE_REQUESTS: ReadonlySet<string> = new Set(['FSReqPromise', 'FSReqCallback', 'CloseReq'])

/** Resolves when everything that can run has run, and no file operation is in progress. */
async function eventLoopIdle(): Promise<void> {
  do {
    for (let i = 0; i < 3; i++) await new Promise(setImmediate)
  } while (process.getActiveResourcesInfo().some(name => FILE_REQUESTS.has(name)))
}
