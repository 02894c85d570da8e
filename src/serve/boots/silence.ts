import type { Clock, Timer } from '../../net/net.ts'
import type { Boot } from '../../session/boots.ts'
import type { Emit } from '../../session/event.ts'
import { lastSign, lifeOf, signHolds } from '../../session/life.ts'

export interface SilenceWatchOptions {
  clock: Clock
  emit: Emit
  boots(): Iterable<Boot>
}

/** Emits `os:silent` when the signs of life of a system that is up end. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions
  /** By boot: the time of its last sign, and until when that holds, in monotonic ms: setting the clock silences nobody. */
  readonly #signs = new WeakMap<Boot, { at: number; until: number }>()
  #timer: Timer | undefined
  #due = Number.POSITIVE_INFINITY

  constructor(options: SilenceWatchOptions) {
    this.#options = options
  }

  /**
   * A record was added to this boot, or a new service has read it: that one has missed the signs of before, so they hold
   * from now on.
   */
  watch(boot: Boot): void {
    const last = lastSign(boot)
    if (last === undefined || last.at === this.#signs.get(boot)?.at) return
    const until = this.#options.clock.monotonic() + signHolds(boot)
    this.#signs.set(boot, { at: last.at, until })
    this.#wakeAt(until)
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #wakeAt(at: number): void {
    if (at >= this.#due) return
    this.#timer?.cancel()
    this.#due = at
    this.#timer = this.#options.clock.timer(at - this.#options.clock.monotonic(), () => this.#check())
  }

  #check(): void {
    this.#due = Number.POSITIVE_INFINITY
    const now = this.#options.clock.monotonic()
    for (const boot of this.#options.boots()) {
      const sign = this.#signs.get(boot)
      if (sign === undefined || lifeOf(boot)?.state !== 'up') continue
      if (sign.until > now) this.#wakeAt(sign.until)
      else this.#report(boot)
    }
  }

  #report(boot: Boot): void {
    const { clock, emit } = this.#options
    const { by, at } = lastSign(boot)!
    const detail = { evidence: by, seconds: Math.round((clock.now() - at) / 1000) }
    emit({ event: 'os:silent', mac: boot.mac, stage: 'os', be: boot.be, detail })
  }
}
