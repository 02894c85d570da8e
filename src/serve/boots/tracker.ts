import { randomBytes } from 'node:crypto'
import { reason } from '../../errors/errors.ts'
import type { PresentBoots, RecordedBoot } from '../../lab/present-boots.ts'
import type { Assignment } from '../../machines/assignment.ts'
import type { Clock, Timer } from '../../net/net.ts'
import { applyRecord, type Boot, beginsBoot, failureOf } from '../../session/boots.ts'
import type { Emit } from '../../session/event.ts'
import { inferEvent } from '../../session/evidence.ts'
import type { SessionRecord } from '../../session/record.ts'
import { WarningLimiter } from '../../session/warning-limiter.ts'
import type { BootTable } from '../../state/boot-table.ts'
import type { OnceExpiry } from './once-expiry.ts'

export interface BootTrackerOptions {
  clock: Clock
  emit: Emit
  table: BootTable<RecordedBoot>
  once: OnceExpiry
  /** The machine that has this interface, by its MAC in the inventory. */
  machineOf(mac: string): string | undefined
  /** Whether all roots are mounted from the embedded NFS server. */
  servesRoots(): boolean
}

/** One machine's present boot. */
export interface Session {
  /** Its MAC in the inventory, or that of its interface when it is not in there. */
  machine: string
  token: string
  boot: RecordedBoot
  /** When it began, in monotonic ms: setting the system clock does not expire its token. */
  since: number
  /** Whether it has changed since it was written to disk. */
  dirty: boolean
}

/** Delay (ms) before a change is written to disk; a token is written before it is used. */
const WRITE_MS = 100
/** The same for systems that are up, whose record changes with each NFS request. */
const WRITE_UP_MS = 5000
/** Delay (ms) before a failed write is retried: a write blocks every reply. */
const RETRY_MS = 5000
/** A boot that takes longer (ms) no longer counts as booting. */
const BOOT_LIMIT_MS = 3_600_000
/** Machines whose boot is kept; the one with the oldest last event is dropped first. */
const MAX_MACHINES = 10_000
/** 128 bits, 22 characters: room in a DHCP reply is short. */
const TOKEN_BYTES = 16

/** Tracks the present boot of each machine by the records of the session log, and keeps it across restarts. */
export class BootTracker implements PresentBoots {
  readonly #options: BootTrackerOptions
  /** By machine, in the order of their last events. */
  readonly #sessions = new Map<string, Session>()
  readonly #byToken = new Map<string, Session>()
  /** The machine by the MAC of an interface other than the one in the inventory; the oldest are dropped first. */
  readonly #machineOfMac = new Map<string, string>()
  /** Machines that were dropped, but are still on disk. */
  readonly #dropped = new Set<string>()
  readonly #limiter: WarningLimiter
  /** The next write, at `at` (monotonic ms). */
  #timer: (Timer & { at: number }) | undefined
  /** The write that tokens wait for. */
  #writing: Promise<void> | undefined
  /** Earliest time (monotonic ms) of the next write. */
  #retryAt = 0

  constructor(options: BootTrackerOptions) {
    this.#options = options
    this.#limiter = new WarningLimiter(options.clock, 60_000)
  }

  /** Loads the boots on disk and returns them in the order of their last events. Throws the errors of `Database`. */
  start(): Session[] {
    const { clock, table, once } = this.#options
    const age = (boot: Boot) => Math.max(0, clock.now() - boot.began)
    const sessions = table.all().flatMap(({ machine, token, boot }) => {
      if (token === undefined || boot === undefined) return []
      return [{ machine, token, boot, since: clock.monotonic() - age(boot), dirty: false }]
    })
    for (const session of sessions.sort((a, b) => a.boot.heard - b.boot.heard)) {
      if (session.boot.mac !== session.machine) this.#remember(session.boot.mac, session.machine)
      this.#put(session)
    }
    once.start(machine => this.#sessions.get(machine)?.boot)
    return sessions
  }

  stop(): void {
    this.#options.once.stop()
    this.#retryAt = 0
    this.#write()
    this.#timer?.cancel()
  }

  /** Processes a record of the session log. Never throws. */
  readonly track = (record: SessionRecord): void => {
    const machine = this.#machineOf(record)
    if (machine === undefined) return
    const before = this.#sessions.get(machine)
    const boot = applyRecord(before?.boot, record)
    if (boot === undefined) return
    const session = boot === before?.boot ? before : this.#begin(machine, boot, before)
    this.#moveToEnd(session)
    session.dirty = true
    // On disk before the response to the system, and before its one-time assignment is removed.
    if (record.event === 'os:up') this.#write()
    else this.#writeIn(boot.reached.up === undefined ? WRITE_MS : WRITE_UP_MS)
    this.#guard(() => this.#options.once.track(machine, boot, record))
    const inferred = inferEvent(boot, record, this.#options.servesRoots())
    if (inferred !== undefined) this.#options.emit(inferred)
  }

  async token(mac: string): Promise<string | undefined> {
    const session = this.#sessionOf(mac)
    if (session === undefined) return undefined
    if (session.dirty) {
      // Machines that are switched on together share one commit.
      this.#writing ??= new Promise<void>(setImmediate).then(() => this.#write())
      await this.#writing
    }
    return session.token
  }

  /** The present boot with this token. */
  session(token: string): Session | undefined {
    return this.#byToken.get(token)
  }

  isBooting(mac: string): boolean {
    const { since = 0, boot } = this.#sessionOf(mac) ?? {}
    if (boot === undefined || boot.reached.up !== undefined || boot.ownDisk !== undefined) return false
    return this.#options.clock.monotonic() - since < BOOT_LIMIT_MS
  }

  // Because the loader of one boot environment cannot load the kernel of another.
  underWay(mac: string): Assignment | undefined {
    const { be, by, reached } = this.#sessionOf(mac)?.boot ?? {}
    if (be === undefined || reached?.file === undefined || reached.up !== undefined) return undefined
    return { be, rule: by === 'once' || by === 'machine' ? by : 'default' }
  }

  #sessionOf(mac: string): Session | undefined {
    return this.#sessions.get(this.#machineOfMac.get(mac) ?? mac)
  }

  /** The machine of a record; undefined when the record is of no boot. Only for a DISCOVER the state is read. */
  #machineOf({ mac, event, stage }: SessionRecord): string | undefined {
    if (mac === undefined) return undefined
    if (event !== 'dhcp:discover' || !beginsBoot(stage)) return this.#sessionOf(mac)?.machine
    const machine = this.#guard(() => this.#options.machineOf(mac)) ?? this.#machineOfMac.get(mac) ?? mac
    if (machine === mac) this.#machineOfMac.delete(mac)
    else this.#remember(mac, machine)
    return machine
  }

  #remember(mac: string, machine: string): void {
    this.#machineOfMac.delete(mac)
    this.#machineOfMac.set(mac, machine)
    if (this.#machineOfMac.size > MAX_MACHINES) {
      this.#machineOfMac.delete(this.#machineOfMac.keys().next().value!)
    }
  }

  #begin(machine: string, boot: RecordedBoot, before: Session | undefined): Session {
    const failure = before && failureAfter(before.boot, boot.began)
    if (failure !== undefined) boot.failure = failure
    if (before !== undefined) this.#byToken.delete(before.token)
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const session = { machine, token, boot, since: this.#options.clock.monotonic(), dirty: true }
    this.#put(session)
    return session
  }

  #moveToEnd(session: Session): void {
    this.#sessions.delete(session.machine)
    this.#sessions.set(session.machine, session)
  }

  #put(session: Session): void {
    this.#moveToEnd(session)
    this.#byToken.set(session.token, session)
    this.#dropped.delete(session.machine)
    if (this.#sessions.size > MAX_MACHINES) this.#drop(this.#sessions.values().next().value!)
  }

  #drop({ machine, token }: Session): void {
    this.#sessions.delete(machine)
    this.#byToken.delete(token)
    this.#dropped.add(machine)
  }

  #writeIn(ms: number): void {
    const { clock } = this.#options
    const at = clock.monotonic() + ms
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.cancel()
    const timer = clock.timer(ms, () => this.#write())
    this.#timer = { at, cancel: () => timer.cancel() }
  }

  /** Writes all changes to disk, in one commit. Never throws: a failed write is retried. */
  #write(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#writing = undefined
    const dirty = [...this.#sessions.values()].filter(session => session.dirty)
    if (dirty.length === 0 && this.#dropped.size === 0) return
    const { clock, table } = this.#options
    const wait = this.#retryAt - clock.monotonic()
    if (wait > 0) {
      this.#writeIn(wait)
      return
    }
    this.#retryAt = clock.monotonic() + RETRY_MS
    this.#guard(() => {
      table.put(dirty, this.#dropped)
      for (const session of dirty) session.dirty = false
      this.#dropped.clear()
      this.#retryAt = 0
    })
    if (this.#retryAt > 0) this.#writeIn(RETRY_MS)
  }

  /** Logs an error of the state instead of throwing it, since it must not stop a boot; returns undefined then. */
  #guard<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      if (this.#limiter.allow('state')) {
        this.#options.emit({ event: 'boot:state-failed', level: 'error', detail: { error: reason(error) } })
      }
      return undefined
    }
  }
}

/** The last failure, for the record of the boot that follows this one; none after a boot that has come up. */
function failureAfter(boot: RecordedBoot, end: number): RecordedBoot['failure'] {
  const why = failureOf(boot, end)
  if (why !== undefined) return { at: boot.heard, why }
  return boot.reached.up === undefined ? boot.failure : undefined
}
