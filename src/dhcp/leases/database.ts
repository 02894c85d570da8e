import type { Clock } from '../../net/net.ts'
import { formatLease, hasOwner, type Lease } from './lease.ts'
import type { LeaseLog } from './log.ts'
import { type LogContents, readLog } from './read-log.ts'

/** The log is rewritten when it has this many lines more than twice the leases. */
const SLACK = 4096

/** As many waiting leases are written at once: more ACKs in one go would overrun a relay agent. */
const FULL_BATCH = 32

/** The default of dhcp.lease. */
const WEEK_MS = 604_800_000

export interface LeaseDatabaseOptions {
  log: LeaseLog
  clock: Clock
  /**
   * Least time (ms) between two writes, unless many leases wait: a sync costs more than the rest of an exchange.
   * 0 if absent.
   */
  gatherMs?: number
  /** How long (ms) an address on a damaged line of the log is given to nobody: a lease's time; a week if absent. */
  quarantineMs?: number
}

/** What was wrong with the log when it was opened. */
interface LogFindings extends Pick<LogContents, 'quarantined' | 'tooLong'> {
  /** Lines. */
  damaged: number
  /** The first of them. */
  example: string | undefined
}

/**
 * The leases: a table in memory and an append-only log. Their key is the hardware address, because the client
 * identifier differs between the stages of one boot. Leases that are committed during a write share the next
 * write.
 */
export class LeaseDatabase {
  /** What the log held when it was opened. */
  readonly found: Readonly<LogFindings>
  readonly #log: LeaseLog
  readonly #clock: Clock
  /** Wall-clock time when the monotonic clock was 0: setting the system clock does not expire leases. */
  readonly #epoch: number
  readonly #byMac = new Map<string, Lease>()
  readonly #byIp = new Map<string, Lease>()
  #lines = 0
  #waiting: { line: string; done: () => void; failed: (error: unknown) => void }[] = []
  #writing: Promise<void> | undefined
  readonly #gatherMs: number
  /** When the last write ended, monotonic ms. */
  #lastWrite = Number.NEGATIVE_INFINITY
  /** Ends the wait of #gather. */
  #stopGathering = () => {}
  /** The end of the log may be incomplete: the next write replaces the whole log. */
  #rewrite = false

  private constructor({ log, clock, gatherMs = 0 }: LeaseDatabaseOptions, { leases, ...found }: LogContents) {
    this.#log = log
    this.#clock = clock
    this.#gatherMs = gatherMs
    this.#epoch = clock.now() - clock.monotonic()
    for (const lease of leases) this.#put(lease)
    this.#lines = found.lines
    this.#rewrite = found.damaged.length > 0 || found.incomplete
    this.found = { ...found, damaged: found.damaged.length, example: found.damaged[0]?.slice(0, 100) }
  }

  /**
   * Reads the log. Lines that are damaged are set aside, and the addresses on them quarantined (`readLog`). Rejects with BE_LEASE_LOG when the log cannot be read or written.
   */
  static async open(options: LeaseDatabaseOptions): Promise<LeaseDatabase> {
    const { clock, quarantineMs = WEEK_MS } = options
    const log = await options.log.read()
    const contents = readLog(log.toString('latin1'), clock.now(), quarantineMs)
    const leases = new LeaseDatabase(options, contents)
    const { damaged } = contents
    if (damaged.length > 0) await options.log.setAside(Buffer.from(`${damaged.join('\n')}\n`, 'latin1'))
    // A new log is written at once, so that a disk that cannot be written shows before the first client.
    if (leases.#needsRewrite || log.length === 0) await leases.#compact()
    return leases
  }

  /** Milliseconds since the epoch, by the monotonic clock; the time of `Lease.until`. */
  now(): number {
    return this.#epoch + this.#clock.monotonic()
  }

  /** The last lease of this machine; it may have expired. */
  byMac(mac: string): Lease | undefined {
    return this.#byMac.get(mac)
  }

  /** The last lease of this address; it may have expired. */
  byIp(ip: string): Lease | undefined {
    return this.#byIp.get(ip)
  }

  /** All leases, in no particular order. */
  all(): Iterable<Lease> {
    return this.#byIp.values()
  }

  get size(): number {
    return this.#byIp.size
  }

  /**
   * Puts a lease into the table, at once, and into the log. Resolves when it is on disk, rejects with BE_LEASE_LOG
   * when it cannot be written.
   */
  commit(lease: Lease): Promise<void> {
    this.#put(lease)
    return new Promise((done, failed) => {
      this.#waiting.push({ line: formatLease(lease), done, failed })
      if (this.#waiting.length >= FULL_BATCH) this.#stopGathering()
      this.#writing ??= this.#write()
    })
  }

  /** Closes the log, after all that was committed is on disk or has failed. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    await this.#log.close()
  }

  /** A machine has one address, and an address one machine. Replaying the log in order gives the same table. */
  #put(lease: Lease): void {
    const holder = this.#byIp.get(lease.ip)
    if (holder !== undefined && this.#byMac.get(holder.mac) === holder) this.#byMac.delete(holder.mac)
    const former = this.#byMac.get(lease.mac)
    if (former !== undefined && hasOwner(lease)) this.#byIp.delete(former.ip)
    this.#byIp.set(lease.ip, lease)
    if (hasOwner(lease)) this.#byMac.set(lease.mac, lease)
  }

  async #write(): Promise<void> {
    // Packets that were received together are handled first, and share the write.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      await this.#gather()
      const batch = this.#waiting
      this.#waiting = []
      try {
        this.#lines += batch.length
        if (!(await this.#compactIfNeeded())) {
          await this.#log.append(Buffer.from(batch.map(({ line }) => line).join(''), 'latin1'))
        }
        this.#lastWrite = this.#clock.monotonic()
        for (const { done } of batch) done()
      } catch (error) {
        // After a partial write, or a sync that lost pages, appending would leave a damaged line in the log.
        this.#rewrite = true
        for (const { failed } of batch) failed(error)
      }
    }
    this.#writing = undefined
  }

  /** Waits until `gatherMs` after the last write, or until there is a full batch. */
  async #gather(): Promise<void> {
    const wait = this.#lastWrite + this.#gatherMs - this.#clock.monotonic()
    if (wait <= 0 || this.#waiting.length >= FULL_BATCH) return
    await new Promise<void>(done => {
      const timer = this.#clock.timer(wait, done)
      this.#stopGathering = () => {
        timer.cancel()
        done()
      }
    })
  }

  get #needsRewrite(): boolean {
    return this.#rewrite || this.#lines > 2 * this.#byIp.size + SLACK
  }

  /** Whether the log was written anew. It need not be as long as it is only long, and there is no descriptor for it. */
  async #compactIfNeeded(): Promise<boolean> {
    if (!this.#needsRewrite) return false
    try {
      await this.#compact()
      return true
    } catch (error) {
      if (this.#rewrite) throw error
      return false
    }
  }

  async #compact(): Promise<void> {
    const lines = [...this.#byIp.values()].map(formatLease)
    await this.#log.replace(Buffer.from(lines.join(''), 'latin1'))
    this.#lines = lines.length
    this.#rewrite = false
  }
}
