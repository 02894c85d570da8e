import { randomBytes } from 'node:crypto'
import { reason } from '../../errors/errors.ts'
import type { Assignment } from '../../machines/assignment.ts'
import type { Clock, Timer } from '../../net/net.ts'
import { applyRecord, type Boot, failureOf } from '../../session/boots.ts'
import type { Emit } from '../../session/event.ts'
import { inferEvent } from '../../session/inferred-event.ts'
import type { SessionRecord } from '../../session/record.ts'
import { WarningLimiter } from '../../session/warning-limiter.ts'
import type { BootTable } from '../../state/boot-table.ts'
import type { OnceExpiry } from './once-expiry.ts'

/** A boot as the state keeps it. */
export interface RecordedBoot extends Boot {
  /** Why the last boot that failed did, and when that was known (ms since 1970); none has come up since. */
  failure?: { at: number; why: string }
}

export interface BootTrackerOptions {
  clock: Clock
  emit: Emit
  table: BootTable<RecordedBoot>
  once: OnceExpiry
  /** The machine whose interface this is, by the MAC that the inventory has of it. */
  machineOf(mac: string): string | undefined
  /** Whether all roots are mounted from our own NFS server. */
  seesRoots(): boolean
}

/** One machine's present boot. */
export interface Session {
  machine: string
  token: string
  boot: RecordedBoot
  /** When it began, in monotonic ms: its token gets no older by a clock that is set. */
  since: number
  /** Not on disk as it is. */
  dirty: boolean
}

/** How long (ms) what was seen may be missing on disk; tokens are there before they are handed out. */
const LAZY_MS = 100
/** The same of systems that are up, which read and write their root all the time. */
const RUNNING_MS = 5000
/** State that could not be written is left alone for so long (ms): each try may hold all machines up. */
const AGAIN_MS = 5000
/** No boot takes longer (ms). */
const COMING_MS = 3_600_000
/** Machines whose boot is remembered; those longest unheard of are forgotten first. */
const MOST = 10_000
/** 128 bits, 22 characters: room in a DHCP reply is short. */
const TOKEN_BYTES = 16

/** Follows the boot of each machine by the session log's records, and keeps it across restarts. */
export class BootTracker {
  readonly #options: BootTrackerOptions
  /** By machine, the longest unheard of first. */
  readonly #sessions = new Map<string, Session>()
  readonly #byToken = new Map<string, Session>()
  /** Interfaces besides the one that the inventory has, and whose they are; the oldest are forgotten first. */
  readonly #others = new Map<string, string>()
  /** What is to be forgotten on disk too. */
  readonly #forgotten = new Set<string>()
  readonly #complaints: WarningLimiter
  /** Stores what is new, at `at` (monotonic ms). */
  #timer: (Timer & { at: number }) | undefined
  #storing: Promise<void> | undefined
  /** Monotonic ms. */
  #restUntil = 0

  constructor(options: BootTrackerOptions) {
    this.#options = options
    this.#complaints = new WarningLimiter(options.clock, 60_000)
  }

  /** Takes up what was known, and answers it, what was heard last at the end. Throws those of `Database`. */
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
    this.#restUntil = 0
    this.#store()
    this.#timer?.cancel()
  }

  /** Takes a record of the log. Never throws. */
  readonly see = (record: SessionRecord): void => {
    const machine = this.#machineOf(record)
    if (machine === undefined) return
    const before = this.#sessions.get(machine)
    const boot = applyRecord(before?.boot, record)
    if (boot === undefined) return
    const session = boot === before?.boot ? before : this.#begin(machine, boot, before)
    this.#hear(session)
    session.dirty = true
    // That it is up is on disk before it has its answer, and before what it boots once is used up.
    if (record.event === 'os:up') this.#store()
    else this.#storeIn(boot.reached.up === undefined ? LAZY_MS : RUNNING_MS)
    this.#guard(() => this.#options.once.see(machine, boot, record))
    const proved = inferEvent(boot, record, this.#options.seesRoots())
    if (proved !== undefined) this.#options.emit(proved)
  }

  /** What the present boot of the machine with this interface is to report with; on disk when it resolves. */
  async token(mac: string): Promise<string | undefined> {
    const session = this.#of(mac)
    if (session === undefined) return undefined
    if (session.dirty) {
      // Machines that are switched on together share one commit.
      this.#storing ??= new Promise<void>(setImmediate).then(() => this.#store())
      await this.#storing
    }
    return session.token
  }

  /** The boot that has this token now. */
  session(token: string): Session | undefined {
    return this.#byToken.get(token)
  }

  /** Whether the machine with this interface is on its way to a system. */
  isComing(mac: string): boolean {
    const { since = 0, boot } = this.#of(mac) ?? {}
    if (boot === undefined || boot.reached.up !== undefined || boot.ownDisk !== undefined) return false
    return this.#options.clock.monotonic() - since < COMING_MS
  }

  /** What a boot that has a file already goes on with, whatever was assigned since: parts of two would not fit. */
  underWay(mac: string): Assignment | undefined {
    const { be, by, reached } = this.#of(mac)?.boot ?? {}
    if (be === undefined || reached?.file === undefined || reached.up !== undefined) return undefined
    return { be, rule: by === 'once' || by === 'machine' ? by : 'default' }
  }

  #of(mac: string): Session | undefined {
    return this.#sessions.get(this.#others.get(mac) ?? mac)
  }

  /** Whose record it is; undefined where no boot can be concerned, which is said fast. */
  #machineOf({ mac, event, stage }: SessionRecord): string | undefined {
    if (mac === undefined) return undefined
    if (event !== 'dhcp:discover' || stage === 'os') return this.#of(mac)?.machine
    const machine = this.#guard(() => this.#options.machineOf(mac)) ?? this.#others.get(mac) ?? mac
    if (machine === mac) this.#others.delete(mac)
    else this.#remember(mac, machine)
    return machine
  }

  #remember(mac: string, machine: string): void {
    this.#others.delete(mac)
    this.#others.set(mac, machine)
    if (this.#others.size > MOST) this.#others.delete(this.#others.keys().next().value!)
  }

  #begin(machine: string, boot: RecordedBoot, before: Session | undefined): Session {
    const failure = before && failureAfter(before.boot)
    if (failure !== undefined) boot.failure = failure
    if (before !== undefined) this.#byToken.delete(before.token)
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const session = { machine, token, boot, since: this.#options.clock.monotonic(), dirty: true }
    this.#put(session)
    return session
  }

  #hear(session: Session): void {
    this.#sessions.delete(session.machine)
    this.#sessions.set(session.machine, session)
  }

  #put(session: Session): void {
    this.#hear(session)
    this.#byToken.set(session.token, session)
    this.#forgotten.delete(session.machine)
    if (this.#sessions.size > MOST) this.#forget(this.#sessions.values().next().value!)
  }

  #forget({ machine, token }: Session): void {
    this.#sessions.delete(machine)
    this.#byToken.delete(token)
    this.#forgotten.add(machine)
  }

  #storeIn(ms: number): void {
    const { clock } = this.#options
    const at = clock.monotonic() + ms
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.cancel()
    const timer = clock.timer(ms, () => this.#store())
    this.#timer = { at, cancel: () => timer.cancel() }
  }

  /** Puts all that is new on disk, in one commit. Never throws: what could not be written is tried again. */
  #store(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#storing = undefined
    const dirty = [...this.#sessions.values()].filter(session => session.dirty)
    if (dirty.length === 0 && this.#forgotten.size === 0) return
    const { clock, table } = this.#options
    const rest = this.#restUntil - clock.monotonic()
    if (rest > 0) {
      this.#storeIn(rest)
      return
    }
    this.#restUntil = clock.monotonic() + AGAIN_MS
    this.#guard(() => {
      table.put(dirty, this.#forgotten)
      for (const session of dirty) session.dirty = false
      this.#forgotten.clear()
      this.#restUntil = 0
    })
    if (this.#restUntil > 0) this.#storeIn(AGAIN_MS)
  }

  /** State that cannot be had holds no boot up. */
  #guard<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      if (this.#complaints.allow('state')) {
        this.#options.emit({ event: 'boot:state-failed', level: 'error', detail: { error: reason(error) } })
      }
      return undefined
    }
  }
}

/** What is still to be told of failures when the next boot begins: nothing once one has come up. */
function failureAfter(boot: RecordedBoot): RecordedBoot['failure'] {
  const why = failureOf(boot)
  if (why !== undefined) return { at: boot.heard, why }
  return boot.reached.up === undefined ? boot.failure : undefined
}
