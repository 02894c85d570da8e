import type { Assignments } from '../../machines/assignment.ts'
import type { Clock, Timer } from '../../net/net.ts'
import { type Boot, nextReach, reachOf, troubleOf } from '../../session/boots.ts'
import type { Emit, SessionEvent } from '../../session/event.ts'
import type { SessionRecord } from '../../session/record.ts'
import type { OnceRow, OnceTable } from '../../state/once-table.ts'

export interface OnceExpiryOptions {
  clock: Clock
  emit: Emit
  table: OnceTable
  assignments: Pick<Assignments, 'permanentAssignmentOf'>
  /** Time limit (ms) from the first request of the boot until it is up. */
  limitMs(): number
}

/** Least time (ms) left to a machine when the service starts: it may be about to report that it is up. */
const GRACE_MS = 60_000
/** Delay (ms) before a failed read or write of the state is retried. */
const RETRY_MS = 5000

/**
 * Removes one-time assignments: when the system is up (not at its firmware's request), or at the time limit. After that
 * the machine boots its permanent assignment. A reset, or a boot from another interface, is part of the same one-time
 * boot.
 */
export class OnceExpiry {
  readonly #options: OnceExpiryOptions
  readonly #timers = new Map<number, Timer>()
  #bootOf: (machine: string) => Boot | undefined = () => undefined

  constructor(options: OnceExpiryOptions) {
    this.#options = options
  }

  /**
   * Loads the one-time assignments; time that passed while no service ran counts towards their limits. `bootOf` returns a
   * machine's present boot. Throws the errors of `Database`.
   */
  start(bootOf: (machine: string) => Boot | undefined): void {
    this.#bootOf = bootOf
    for (const once of this.#options.table.all()) {
      const up = this.#boot(once)?.reached.up
      // An earlier run was killed after it had written that the system is up.
      if (up !== undefined && up >= once.asked) this.#end(once)
      else this.#arm(once, GRACE_MS)
    }
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** Processes a record of a machine's boot. Throws the errors of `Database`. */
  track(machine: string, boot: Boot, { event }: SessionRecord): void {
    if (event !== 'boot:plan' && event !== 'boot:refused' && event !== 'os:up') return
    const once = boot.by === 'once' ? this.#options.table.get(machine) : undefined
    if (once === undefined || once.be !== boot.be) return
    if (event === 'os:up') this.#end(once)
    else if (once.began === undefined) this.#begin(once)
  }

  #begin(once: OnceRow): void {
    const began = this.#options.clock.now()
    this.#options.table.begin(once, began)
    this.#arm({ ...once, began }, 0)
  }

  #arm(once: OnceRow, leastMs: number): void {
    const { clock, limitMs } = this.#options
    if (once.began === undefined) return
    // A system clock that was set back does not extend the limit.
    const left = Math.min(once.began + limitMs() - clock.now(), limitMs())
    this.#endIn(once, Math.max(left, leastMs))
  }

  #endIn(once: OnceRow, ms: number): void {
    this.#timers.get(once.id)?.cancel()
    const timer = this.#options.clock.timer(ms, () => this.#end(once))
    this.#timers.set(once.id, timer)
  }

  /** Removes it, unless it was taken back or assigned again meanwhile. Never throws: a failure is retried. */
  #end(once: OnceRow): void {
    const { table, assignments, emit } = this.#options
    try {
      const next = assignments.permanentAssignmentOf(once.mac)?.be ?? 'nothing'
      if (!table.remove(once)) return
      this.#timers.get(once.id)?.cancel()
      this.#timers.delete(once.id)
      emit(this.#outcome(once, next))
    } catch {
      this.#endIn(once, RETRY_MS)
    }
  }

  #outcome(once: OnceRow, next: string): SessionEvent {
    const { mac, be, began } = once
    const boot = this.#boot(once)
    if (boot?.reached.up !== undefined) {
      return { event: 'once:done', mac, be, detail: { evidence: boot.evidence, next } }
    }
    const stage = boot === undefined ? 'asked' : reachOf(boot)
    const detail = {
      stage,
      expected: nextReach(stage),
      seconds: began === undefined ? undefined : Math.round((this.#options.clock.now() - began) / 1000),
      'own-disk': boot?.ownDisk === undefined ? undefined : true,
      trouble: boot && troubleOf(boot, this.#options.clock.now()),
      next,
    }
    return { event: 'once:expired', level: 'warn', mac, be, detail }
  }

  /** The machine's present boot, if that is the one-time boot. */
  #boot({ mac, be }: OnceRow): Boot | undefined {
    const boot = this.#bootOf(mac)
    return boot?.by === 'once' && boot.be === be ? boot : undefined
  }
}
