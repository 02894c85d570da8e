import type { Clock } from '../../net/net.ts'
import { MOUNT, NFS, type Transport } from '../../rpc/programs.ts'
import type { Emit } from '../../session/event.ts'
import { WarningLimiter } from '../../session/warning-limiter.ts'

/** A client is named once in so long (ms). */
const INTERVAL_MS = 60_000

/** Counts calls, connections and replies that were dropped, and logs them. */
export class Drops {
  readonly #emit: Emit
  readonly #limiter: WarningLimiter
  #total = 0

  constructor(clock: Clock, emit: Emit) {
    this.#emit = emit
    this.#limiter = new WarningLimiter(clock, INTERVAL_MS)
  }

  /** `program`: its number. */
  add(program: number, ip: string, proto: Transport, why: string): void {
    this.#total++
    if (!this.#limiter.allow(ip)) return
    const service = program === NFS.number ? 'NFS' : program === MOUNT.number ? 'MOUNT' : 'portmap'
    this.#emit({
      event: 'nfs:dropped',
      level: 'warn',
      ip,
      detail: { service, proto, why, total: this.#total },
    })
  }
}
