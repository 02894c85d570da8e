import type { Clock } from '../../net/net.ts'
import { formatLease, type Lease, parseLease } from './lease.ts'
import type { LeaseLog } from './log.ts'

/** The log is rewritten when it has this many lines more than twice the table. */
const SLACK = 4096

/** More leases than this do not wait for others: acknowledged all at once, they would overrun a relay agent. */
const ENOUGH = 32

export interface LeaseDatabaseOptions {
  log: LeaseLog
  clock: Clock
  /**
   * Writes follow each other no sooner than this, in milliseconds, unless many wait: a sync costs more than all
   * else in an exchange. 0 if not given.
   */
  gatherMs?: number
}

/**
 * Who has which address: a table in memory and an append-only log behind it. Leases are keyed on the
 * hardware address, because client identifiers come and go between the stages of one boot. Leases that
 * are committed while a write is under way share the next one.
 */
export class LeaseDatabase {
  /** Log lines that were torn or damaged when the book was opened. */
  readonly damaged: number
  readonly #disk: LeaseLog
  readonly #clock: Clock
  /** Wall-clock time when the monotonic clock read 0, so that a clock that jumps expires nothing. */
  readonly #epoch: number
  readonly #byMac = new Map<string, Lease>()
  readonly #byIp = new Map<string, Lease>()
  #lines = 0
  #waiting: { line: string; done: () => void; failed: (error: unknown) => void }[] = []
  #writing: Promise<void> | undefined
  readonly #gatherMs: number
  /** When the last write was done. */
  #wrote = Number.NEGATIVE_INFINITY
  /** Ends the wait for more. */
  #enough = () => {}
  /** What is on disk may be torn: write all of it anew instead of going on behind it. */
  #rewrite = false

  private constructor({ log: disk, clock, gatherMs = 0 }: LeaseDatabaseOptions, log: string) {
    this.#disk = disk
    this.#clock = clock
    this.#gatherMs = gatherMs
    this.#epoch = clock.now() - clock.monotonic()
    let damaged = 0
    const lines = log.split('\n')
    // After a complete line comes the empty rest; after a torn one, the torn line.
    for (const line of lines.at(-1) === '' ? lines.slice(0, -1) : lines) {
      const lease = parseLease(line)
      if (lease === undefined) damaged++
      else this.#put(lease)
      this.#lines++
    }
    this.damaged = damaged
    this.#rewrite = damaged > 0 || lines.at(-1) !== ''
  }

  /**
   * Reads the log. A torn last line, as a crash leaves it, is dropped: its lease was never acknowledged.
   * Rejects with BE_LEASE_LOG when the log cannot be read or written.
   */
  static async open(options: LeaseDatabaseOptions): Promise<LeaseDatabase> {
    const log = await options.log.read()
    const book = new LeaseDatabase(options, log.toString('latin1'))
    // Also the proof that the disk can be written, before a client depends on it.
    if (book.#tooLong || log.length === 0) await book.#compact()
    return book
  }

  /** Milliseconds since the epoch, never jumping while the book is open; what `Lease.until` counts in. */
  now(): number {
    return this.#epoch + this.#clock.monotonic()
  }

  /** What this machine has or had; it may have expired. */
  byMac(mac: string): Lease | undefined {
    return this.#byMac.get(mac)
  }

  /** Who has or had this address; it may have expired. */
  byIp(ip: string): Lease | undefined {
    return this.#byIp.get(ip)
  }

  /** All records, in no particular order. */
  all(): Iterable<Lease> {
    return this.#byIp.values()
  }

  get size(): number {
    return this.#byIp.size
  }

  /**
   * Enters a lease. The table has it at once, so nobody else gets the address; the promise resolves when
   * it is on disk and rejects with BE_LEASE_LOG when it could not be written.
   */
  commit(lease: Lease): Promise<void> {
    this.#put(lease)
    return new Promise((done, failed) => {
      this.#waiting.push({ line: formatLease(lease), done, failed })
      if (this.#waiting.length >= ENOUGH) this.#enough()
      this.#writing ??= this.#write()
    })
  }

  /** Resolves when everything committed is on disk (or has failed), and closes the log. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    await this.#disk.close()
  }

  /** One machine has one address, one address one machine: replaying the log in order gives the table. */
  #put(lease: Lease): void {
    const holder = this.#byIp.get(lease.ip)
    if (holder !== undefined && this.#byMac.get(holder.mac) === holder) this.#byMac.delete(holder.mac)
    const former = this.#byMac.get(lease.mac)
    if (former !== undefined && lease.state !== 'declined') this.#byIp.delete(former.ip)
    this.#byIp.set(lease.ip, lease)
    if (lease.state !== 'declined') this.#byMac.set(lease.mac, lease)
  }

  async #write(): Promise<void> {
    // Let the caller finish its turn, so that packets which came together are written together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      await this.#gather()
      const batch = this.#waiting
      this.#waiting = []
      try {
        this.#lines += batch.length
        if (this.#tooLong) await this.#compact()
        else await this.#disk.append(Buffer.from(batch.map(({ line }) => line).join(''), 'latin1'))
        this.#wrote = this.#clock.monotonic()
        for (const { done } of batch) done()
      } catch (error) {
        // A write that failed half way, or a sync whose pages are lost, cannot be repaired by going on.
        this.#rewrite = true
        for (const { failed } of batch) failed(error)
      }
    }
    this.#writing = undefined
  }

  async #gather(): Promise<void> {
    const early = this.#wrote + this.#gatherMs - this.#clock.monotonic()
    if (early <= 0 || this.#waiting.length >= ENOUGH) return
    await new Promise<void>(done => {
      const timer = this.#clock.timer(early, done)
      this.#enough = () => {
        timer.cancel()
        done()
      }
    })
  }

  get #tooLong(): boolean {
    return this.#rewrite || this.#lines > 2 * this.#byIp.size + SLACK
  }

  async #compact(): Promise<void> {
    const lines = [...this.#byIp.values()].map(formatLease)
    await this.#disk.replace(Buffer.from(lines.join(''), 'latin1'))
    this.#lines = lines.length
    this.#rewrite = false
  }
}
