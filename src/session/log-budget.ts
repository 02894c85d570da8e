import type { Clock, Timer } from '../net/net.ts'
import type { Emit } from './event.ts'
import type { SessionRecord } from './record.ts'

/** What the inventory does not know gets this part of a log file at once, and as much again in a day. */
const UNKNOWN_PART = 1 / 8
/** The same for its warnings and errors, beside that. */
const WARNINGS_PART = 1 / 32
/** A machine of the inventory gets this part at once, and a whole file in a day: hundreds of boots. */
const MACHINE_PART = 1 / 8
const DAY_MS = 86_400_000
/** A line of an unknown host that says the same as one in this time (ms) before is counted. */
const REPEAT_MS = 10_000
/** Lines that are remembered for that; the oldest are dropped first. */
const MOST_REMEMBERED = 1024
/** Least time (ms) between two reports of what was left out. */
const REPORT_MS = 60_000
/** Bytes of a line beside its texts. */
const LINE_BYTES = 160

export interface LogBudgetOptions {
  clock: Clock
  emit: Emit
  /** Size in bytes at which the log is rotated. */
  fileBytes: number
}

/**
 * Divides the log between those that cause lines, so that a host which makes up addresses cannot roll it over: all that the
 * inventory does not know shares one budget, each of its machines has another, and the service itself is not limited. Lines
 * beyond a budget, and repeated ones of unknown hosts, are counted and reported once a minute as `log:left-out`.
 */
export class LogBudget {
  readonly #options: LogBudgetOptions
  readonly #unknown: Bucket
  readonly #warnings: Bucket
  /** By name: as many as the inventory has. */
  readonly #machines = new Map<string, Bucket>()
  /** When a line was written last (monotonic ms), by what it says; oldest first. */
  readonly #written = new Map<string, number>()
  #left = NOTHING
  /** By event. */
  readonly #events = new Map<string, number>()
  #timer: Timer | undefined

  constructor(options: LogBudgetOptions) {
    this.#options = options
    const now = options.clock.monotonic()
    const part = (share: number) => new Bucket(options.fileBytes * share, options.fileBytes * share, now)
    this.#unknown = part(UNKNOWN_PART)
    this.#warnings = part(WARNINGS_PART)
  }

  /** Whether the record may be written; counted if not. */
  admits(record: SessionRecord): boolean {
    const { machine, mac, ip, level, detail } = record
    if (machine !== undefined) return this.#spend(this.#bucketOf(machine), record, 'machines')
    // The service's own.
    if (mac === undefined && ip === undefined && detail?.from === undefined) return true
    // Warnings are limited where they come from.
    if (level === 'warn' || level === 'error') return this.#spend(this.#warnings, record, 'unknown')
    if (this.#isRepeated(record)) return this.#leaveOut(record, 'repeated')
    return this.#spend(this.#unknown, record, 'unknown')
  }

  /** Reports what is left to report. */
  stop(): void {
    this.#timer?.cancel()
    this.#report()
  }

  #bucketOf(machine: string): Bucket {
    let bucket = this.#machines.get(machine)
    if (bucket === undefined) {
      const { clock, fileBytes } = this.#options
      bucket = new Bucket(fileBytes * MACHINE_PART, fileBytes, clock.monotonic())
      this.#machines.set(machine, bucket)
    }
    return bucket
  }

  #spend(bucket: Bucket, record: SessionRecord, whose: keyof typeof NOTHING): boolean {
    if (bucket.take(sizeOf(record), this.#options.clock.monotonic())) return true
    return this.#leaveOut(record, whose)
  }

  #isRepeated({ event, mac, ip, stage, be, detail }: SessionRecord): boolean {
    const now = this.#options.clock.monotonic()
    const says = [event, mac ?? ip ?? detail?.from, stage, be, detail?.file].join(' ')
    const before = this.#written.get(says)
    if (before !== undefined && now - before < REPEAT_MS) return true
    this.#written.delete(says)
    this.#written.set(says, now)
    if (this.#written.size > MOST_REMEMBERED) this.#written.delete(this.#written.keys().next().value!)
    return false
  }

  #leaveOut({ event }: SessionRecord, whose: keyof typeof NOTHING): false {
    this.#left = { ...this.#left, [whose]: this.#left[whose] + 1 }
    this.#events.set(event, (this.#events.get(event) ?? 0) + 1)
    this.#timer ??= this.#options.clock.timer(REPORT_MS, () => this.#report())
    return false
  }

  #report(): void {
    this.#timer = undefined
    if (this.#events.size === 0) return
    const events = [...this.#events].map(([event, count]) => `${event}:${count}`).join(' ')
    const detail = { ...this.#left, events }
    this.#left = NOTHING
    this.#events.clear()
    this.#options.emit({ event: 'log:left-out', level: 'warn', detail })
  }
}

/** Lines left out: of what is unknown, repeated ones of that, and of machines of the inventory. */
const NOTHING = { unknown: 0, repeated: 0, machines: 0 }

function sizeOf({ detail = {} }: SessionRecord): number {
  let bytes = LINE_BYTES
  for (const name in detail) bytes += name.length + String(detail[name]).length + 6
  return bytes
}

/** A token bucket of bytes. */
class Bucket {
  readonly #most: number
  readonly #perMs: number
  #bytes: number
  #at: number

  constructor(most: number, perDay: number, now: number) {
    this.#most = most
    this.#perMs = perDay / DAY_MS
    this.#bytes = most
    this.#at = now
  }

  take(bytes: number, now: number): boolean {
    this.#bytes = Math.min(this.#most, this.#bytes + (now - this.#at) * this.#perMs)
    this.#at = now
    if (this.#bytes < bytes) return false
    this.#bytes -= bytes
    return true
  }
}
