import { reason } from '../errors/errors.ts'
import type { Clock, Timer } from '../net/net.ts'
import type { NfsDriver } from '../nfs/driver.ts'
import type { Share } from '../nfs/share-list.ts'
import type { Emit } from '../session/event.ts'

/** How often the server is looked after. */
const LOOK_MS = 1000
/** The next try after one that failed. */
const AGAIN_MS = 30_000

/** What the keeper needs to know. */
export interface NfsSupervisorOptions {
  driver: NfsDriver
  clock: Clock
  emit: Emit
  /** What is to be exported, now. */
  shares(): Share[]
  /** Runs work while no command changes exports. */
  alone<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Keeps the NFS server running that a driver starts: machines whose root it serves stand still without it,
 * and none can boot. A server that is somebody else's is left alone: each boot says what is wrong with it.
 */
export class NfsSupervisor {
  readonly #kept: NfsSupervisorOptions
  #timer: Timer | undefined
  #looking: Promise<void> = Promise.resolve()
  #stopped = false
  /** The last start failed. */
  #failed = false
  #missed = 0

  constructor(kept: NfsSupervisorOptions) {
    this.#kept = kept
  }

  /** Exports what is shared. A host that cannot now may later: never rejects, tries again. */
  async start(): Promise<void> {
    if (this.#kept.driver.start === undefined) return
    this.#lookIn((await this.#startServer()) ? LOOK_MS : AGAIN_MS)
  }

  /** Stops looking; the server goes on, with the roots of running machines. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#looking
  }

  #lookIn(ms: number): void {
    if (this.#stopped) return
    this.#timer = this.#kept.clock.timer(ms, () => {
      this.#looking = this.#look().then(next => this.#lookIn(next))
    })
  }

  /** When to look next, in ms. */
  async #look(): Promise<number> {
    if (this.#failed) return (await this.#startServer()) ? LOOK_MS : AGAIN_MS
    if (await this.#isThere()) this.#missed = 0
    else this.#missed++
    // Once may be a command that is just starting it anew.
    if (this.#missed < 2) return LOOK_MS
    this.#kept.emit({ event: 'nfs:gone', level: 'warn', detail: { server: this.#kept.driver.name } })
    this.#missed = 0
    return (await this.#startServer()) ? LOOK_MS : AGAIN_MS
  }

  /** Also true when there is nothing to serve, or nobody can tell. */
  async #isThere(): Promise<boolean> {
    try {
      return this.#kept.shares().length === 0 || (await this.#kept.driver.running?.()) !== false
    } catch {
      return true
    }
  }

  async #startServer(): Promise<boolean> {
    const { driver, shares, alone, emit } = this.#kept
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
