import type { Assignments } from '../machines/assignment.ts'
import type { Clock, Timer } from '../net/net.ts'
import { type Boot, nextOf, reachOf } from '../session/boots.ts'
import type { Emit } from '../session/event.ts'
import type { SessionRecord } from '../session/record.ts'
import type { OnceRow, OnceTable } from '../state/once-table.ts'

export interface OnceKeeperOptions {
  clock: Clock
  emit: Emit
  table: OnceTable
  assignments: Pick<Assignments, 'lastingOf'>
  /** How long a machine has, from when it first shows up, in ms. */
  limitMs(): number
}

/** A machine whose time ran out while nobody served may be about to report. */
const GRACE_MS = 60_000

/**
 * Ends what machines boot once: it is used up when the system is up, not when its firmware asks; after the time
 * limit the machine goes back to what it had. Resets and other interfaces belong to the same once.
 */
export class OnceKeeper {
  readonly #options: OnceKeeperOptions
  readonly #timers = new Map<string, Timer>()
  /** The latest boot of each machine that boots something once. */
  readonly #boots = new Map<string, Boot>()

  constructor(options: OnceKeeperOptions) {
    this.#options = options
  }

  /** Time goes on where it was when the last service ended. Throws those of `Database`. */
  start(): void {
    for (const once of this.#options.table.all()) this.#arm(once, GRACE_MS)
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** Takes a record of a machine's boot. Throws those of `Database`. */
  see(machine: string, boot: Boot, { event }: SessionRecord): void {
    if (event !== 'boot:plan' && event !== 'boot:refused' && event !== 'os:up') return
    const once = boot.by === 'once' ? this.#options.table.get(machine) : undefined
    if (once === undefined || once.be !== boot.be) return
    this.#boots.set(machine, boot)
    if (event === 'os:up') this.#usedUp(once, boot)
    else if (once.began === undefined) this.#begin(once)
  }

  #begin(once: OnceRow): void {
    const began = this.#options.clock.now()
    this.#options.table.begin(once, began)
    this.#arm({ ...once, began }, 0)
  }

  #usedUp(once: OnceRow, boot: Boot): void {
    if (!this.#options.table.remove(once)) return
    this.#end(once.mac)
    const detail = { evidence: boot.evidence, next: this.#lasting(once) }
    this.#options.emit({ event: 'once:done', mac: once.mac, be: once.be, detail })
  }

  #arm(once: OnceRow, leastMs: number): void {
    const { clock, limitMs } = this.#options
    if (once.began === undefined) return
    this.#timers.get(once.mac)?.cancel()
    const ms = Math.max(once.began + limitMs() - clock.now(), leastMs)
    this.#timers.set(
      once.mac,
      clock.timer(ms, () => this.#expire(once)),
    )
  }

  /** Nothing happens when it was used up, taken back or ordered anew meanwhile. */
  #expire(once: OnceRow): void {
    const boot = this.#boots.get(once.mac)
    try {
      if (!this.#options.table.remove(once)) return
      this.#end(once.mac)
      const stage = boot === undefined ? 'asked' : reachOf(boot)
      const detail = {
        stage,
        expected: nextOf(stage),
        seconds: Math.round((this.#options.clock.now() - once.began!) / 1000),
        'own-disk': boot?.ownDisk === undefined ? undefined : true,
        trouble: boot?.trouble,
        next: this.#lasting(once),
      }
      this.#options.emit({ event: 'once:expired', level: 'warn', mac: once.mac, be: once.be, detail })
    } catch {
      // The state cannot be had now: it is tried again.
      this.#arm(once, GRACE_MS)
    }
  }

  #end(mac: string): void {
    this.#timers.get(mac)?.cancel()
    this.#timers.delete(mac)
    this.#boots.delete(mac)
  }

  #lasting({ mac }: OnceRow): string {
    return this.#options.assignments.lastingOf(mac)?.be ?? 'nothing'
  }
}
