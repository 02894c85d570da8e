import { reason } from '../errors/errors.ts'
import type { Clock, Timer } from '../net/net.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import type { Share } from '../nfs/share-list.ts'
import type { Emit } from '../session/event.ts'

/** Interval (ms) of the checks. */
const CHECK_MS = 1000
/** Delay (ms) before a failed start is retried. */
const RETRY_MS = 30_000

export interface NfsSupervisorOptions {
  driver: NfsDriver
  clock: Clock
  emit: Emit
  /** The shares to export, read at each start. */
  shares(): Share[]
  /** Does the work while no command changes exports. */
  alone<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Keeps the NFS server running that a driver starts: while it is down, machines hang whose root it serves, and none can
 * boot. A server that the driver does not start is not supervised.
 */
export class NfsSupervisor {
  readonly #options: NfsSupervisorOptions
  #timer: Timer | undefined
  #checking: Promise<void> = Promise.resolve()
  #stopped = false
  /** Whether the last start failed. */
  #failed = false
  /** Checks in succession that found no server. */
  #missed = 0

  constructor(options: NfsSupervisorOptions) {
    this.#options = options
  }

  /** Starts the server with what is shared. Never rejects: a start that fails is retried. */
  async start(): Promise<void> {
    if (this.#options.driver.start === undefined) return
    this.#checkIn((await this.#startServer()) ? CHECK_MS : RETRY_MS)
  }

  /** Ends the supervision. The server goes on: it serves the roots of running machines. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#checking
  }

  #checkIn(ms: number): void {
    if (this.#stopped) return
    this.#timer = this.#options.clock.timer(ms, () => {
      this.#checking = this.#check().then(next => this.#checkIn(next))
    })
  }

  /** Resolves with the time until the next check, in ms. */
  async #check(): Promise<number> {
    if (this.#failed) return (await this.#startServer()) ? CHECK_MS : RETRY_MS
    if (await this.#isRunning()) this.#missed = 0
    else this.#missed++
    // Once may be while a command restarts it.
    if (this.#missed < 2) return CHECK_MS
    this.#options.emit({ event: 'nfs:gone', level: 'warn', detail: { server: this.#options.driver.name } })
    this.#missed = 0
    return (await this.#startServer()) ? CHECK_MS : RETRY_MS
  }

  /** Also true when nothing is shared, or when the check fails. */
  async #isRunning(): Promise<boolean> {
    try {
      return this.#options.shares().length === 0 || (await this.#options.driver.running?.()) !== false
    } catch {
      return true
    }
  }

  /** Resolves with whether it was started. */
  async #startServer(): Promise<boolean> {
    const { driver, shares, alone, emit } = this.#options
    try {
      const count = await alone(async () => {
        const all = shares()
        await driver.start?.(all)
        return all.length
      })
      emit({ event: 'nfs:serving', detail: { server: driver.name, shares: count } })
      this.#failed = false
      return true
    } catch (error) {
      emit({ event: 'nfs:failed', level: 'error', detail: { error: reason(error) } })
      this.#failed = true
      return false
    }
  }
}
