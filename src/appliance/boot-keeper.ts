import { randomBytes } from 'node:crypto'
import { reason } from '../errors.ts'
import type { Assignment } from '../machines/assignment.ts'
import type { Clock, Timer } from '../net/net.ts'
import { advance, type Boot, conclusion, failureOf } from '../session/boots.ts'
import { Complaints } from '../session/complaints.ts'
import type { Emit } from '../session/event.ts'
import type { SessionRecord } from '../session/record.ts'
import type { BootTable } from '../state/boot-table.ts'
import type { OnceKeeper } from './once-keeper.ts'

/** A boot as the state keeps it. */
export interface KeptBoot extends Boot {
  /** Why the boot before it failed, and when that was known (ms since 1970). */
  failure?: { at: number; why: string }
}

export interface BootKeeperOptions {
  clock: Clock
  emit: Emit
  table: BootTable<KeptBoot>
  once: OnceKeeper
  /** The machine whose interface this is, by the MAC that the inventory has of it. */
  machineOf(mac: string): string | undefined
}

/** One machine's present boot. */
export interface Session {
  machine: string
  token: string
  boot: KeptBoot
  /** Not on disk as it is. */
  dirty: boolean
}

/** How long (ms) what was seen may be missing on disk; tokens are there before they are handed out. */
const LAZY_MS = 100
/** The same of systems that are up, which read and write their root all the time. */
const RUNNING_MS = 5000
/** Machines whose boot is remembered; those longest unheard of are forgotten first. */
const MOST = 10_000
/** 128 bits, 22 characters: room in a DHCP reply is short. */
const TOKEN_BYTES = 16

/** Follows the boot of each machine by the session log's records, and keeps it across restarts. */
export class BootKeeper {
  readonly #options: BootKeeperOptions
  /** By machine, the longest unheard of first. */
  readonly #sessions = new Map<string, Session>()
  readonly #byToken = new Map<string, Session>()
  /** The machine that an interface was last seen as. */
  readonly #machines = new Map<string, string>()
  readonly #complaints: Complaints
  /** Stores what is new, at `at` (monotonic ms). */
  #timer: (Timer & { at: number }) | undefined
  #storing: Promise<void> | undefined

  constructor(options: BootKeeperOptions) {
    this.#options = options
    this.#complaints = new Complaints(options.clock, 60_000)
  }

  /** Takes up what was known. Throws those of `Database`. */
  start(): void {
    const rows = this.#options.table.all().flatMap(({ machine, token, boot }) => {
      return token === undefined || boot === undefined ? [] : [{ machine, token, boot, dirty: false }]
    })
    for (const session of rows.sort((a, b) => a.boot.heard - b.boot.heard)) {
      this.#machines.set(session.boot.mac, session.machine)
      this.#put(session)
    }
    this.#options.once.start()
  }

  stop(): void {
    this.#options.once.stop()
    this.#store()
  }

  /** Takes a record of the log. Never throws. */
  readonly see = (record: SessionRecord): void => {
    const machine = this.#machineOf(record)
    if (machine === undefined) return
    const before = this.#sessions.get(machine)
    const boot = advance(before?.boot, record)
    if (boot === undefined) return
    const session = boot === before?.boot ? before : this.#begin(machine, boot, before)
    this.#hear(session)
    session.dirty = true
    const running = boot.reached.up !== undefined && record.event !== 'os:up'
    this.#storeIn(running ? RUNNING_MS : LAZY_MS)
    this.#guard(() => this.#options.once.see(machine, boot, record))
    const proved = conclusion(boot, record)
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

  /** What a boot that has a file already goes on with, whatever was assigned since: parts of two would not fit. */
  underWay(mac: string): Assignment | undefined {
    const { be, by, reached } = this.#of(mac)?.boot ?? {}
    if (be === undefined || reached?.file === undefined || reached.up !== undefined) return undefined
    return { be, rule: by === 'once' || by === 'machine' ? by : 'default' }
  }

  #of(mac: string): Session | undefined {
    return this.#sessions.get(this.#machines.get(mac) ?? mac)
  }

  /** Whose record it is; undefined where no boot can be concerned, which is said fast. */
  #machineOf({ mac, event, stage }: SessionRecord): string | undefined {
    if (mac === undefined) return undefined
    if (event !== 'dhcp:discover' || stage === 'os') return this.#machines.get(mac)
    const machine = this.#guard(() => this.#options.machineOf(mac)) ?? mac
    this.#machines.set(mac, machine)
    return machine
  }

  #begin(machine: string, boot: KeptBoot, before: Session | undefined): Session {
    const why = before && failureOf(before.boot)
    const failure = why === undefined ? before?.boot.failure : { at: before!.boot.heard, why }
    if (failure !== undefined) boot.failure = failure
    if (before !== undefined) this.#byToken.delete(before.token)
    const session = { machine, token: randomBytes(TOKEN_BYTES).toString('base64url'), boot, dirty: true }
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
    if (this.#sessions.size > MOST) this.#forget(this.#sessions.values().next().value!)
  }

  #forget({ machine, token, boot }: Session): void {
    this.#sessions.delete(machine)
    this.#byToken.delete(token)
    this.#machines.delete(boot.mac)
    this.#guard(() => this.#options.table.remove([machine]))
  }

  #storeIn(ms: number): void {
    const { clock } = this.#options
    const at = clock.monotonic() + ms
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.cancel()
    const timer = clock.timer(ms, () => this.#store())
    this.#timer = { at, cancel: () => timer.cancel() }
  }

  /** Puts all that is new on disk, in one commit. Never throws: the next record tries again. */
  #store(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#storing = undefined
    const dirty = [...this.#sessions.values()].filter(session => session.dirty)
    if (dirty.length === 0) return
    this.#guard(() => {
      this.#options.table.put(dirty)
      for (const session of dirty) session.dirty = false
    })
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
