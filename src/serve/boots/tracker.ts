import { createHash, randomBytes } from 'node:crypto'
import { reason } from '../../errors/errors.ts'
import type { PresentBoots, RecordedBoot } from '../../lab/present-boots.ts'
import { Aliases } from '../../machines/aliases.ts'
import type { Assignment } from '../../machines/assignment.ts'
import type { Clock, Timer } from '../../net/net.ts'
import { applyRecord, type Boot, beginsBoot, failureOf, ownAddresses } from '../../session/boots.ts'
import type { Emit } from '../../session/event.ts'
import { inferEvent } from '../../session/evidence.ts'
import { lastSign, lifeOf } from '../../session/life.ts'
import type { SessionRecord } from '../../session/record.ts'
import { TieredMap } from '../../session/tiered-map.ts'
import { WarningLimiter } from '../../session/warning-limiter.ts'
import type { BootTable } from '../../state/boot-table.ts'
import type { OnceExpiry } from './once-expiry.ts'
import { SilenceWatch } from './silence.ts'

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
  /** When it began, in monotonic ms. */
  since: number
  /** When it began or its system reported last, in monotonic ms: setting the system clock does not expire its token. */
  renewed: number
  /** Whether the inventory has its machine. */
  known: boolean
  /** Whether it has changed since it was written to disk. */
  dirty: boolean
  /** Whether its machine has a row on disk. */
  stored: boolean
}

/** Delay (ms) before a change is written to disk; a token is written before it is used. */
const WRITE_MS = 100
/** The same for systems that are up, whose record changes with each NFS request. */
const WRITE_UP_MS = 5000
/** Delay (ms) before a failed write is retried: a write blocks every reply. */
const RETRY_MS = 5000
/** A boot that takes longer (ms) no longer counts as booting. */
const BOOT_LIMIT_MS = 3_600_000
/**
 * Machines whose boot is kept, in tiers of which each drops the one with the oldest last event: machines of the inventory,
 * others that have fetched a file, others.
 */
const MOST_BOOTS = [10_000, 1000, 1000] as const
/** 128 bits, 22 characters: room in a DHCP reply is short. */
const TOKEN_BYTES = 16

/** Tracks the present boot of each machine by the records of the session log, and keeps it across restarts. */
export class BootTracker implements PresentBoots {
  readonly #options: BootTrackerOptions
  /** By machine. */
  readonly #sessions = new TieredMap<string, Session>(...MOST_BOOTS)
  /** By the hash of its token: how long a look-up takes tells nothing of the tokens. */
  readonly #byToken = new Map<string, Session>()
  /** The machine by the MAC of an interface other than the one in the inventory. */
  readonly #machineOfMac = new Aliases()
  /** Machines that were dropped, but are still on disk. */
  readonly #dropped = new Set<string>()
  readonly #silence: SilenceWatch
  readonly #limiter: WarningLimiter
  /** The next write, at `at` (monotonic ms). */
  #timer: (Timer & { at: number }) | undefined
  /** The write that tokens wait for. */
  #writing: Promise<void> | undefined
  /** Earliest time (monotonic ms) of the next write. */
  #retryAt = 0

  constructor(options: BootTrackerOptions) {
    this.#options = options
    const { clock, emit } = options
    this.#silence = new SilenceWatch({ clock, emit, boots: () => this.boots() })
    this.#limiter = new WarningLimiter(options.clock, 60_000)
  }

  /** Loads the boots on disk and returns them in the order of their last events. Throws the errors of `Database`. */
  start(): Session[] {
    const { clock, table, once } = this.#options
    const monotonic = (at: number) => clock.monotonic() - Math.max(0, clock.now() - at)
    const sessions = table.all().flatMap(({ machine, token, boot }) => {
      if (token === undefined || boot === undefined) return []
      const known = this.#isKnown(machine)
      const since = monotonic(boot.began)
      const renewed = monotonic(lastSign(boot)?.at ?? boot.began)
      return [{ machine, token, boot, since, renewed, known, dirty: false, stored: true }]
    })
    for (const session of sessions.sort((a, b) => a.boot.heard - b.boot.heard)) {
      if (session.boot.mac !== session.machine) this.#machineOfMac.add(session.boot.mac, session.machine)
      this.#put(session)
      this.#silence.watch(session.boot)
    }
    once.start(machine => this.#sessions.get(machine)?.boot)
    return sessions
  }

  stop(): void {
    this.#options.once.stop()
    this.#silence.stop()
    this.#retryAt = 0
    this.#write()
    this.#timer?.cancel()
  }

  /** Processes a record of the session log. Never throws. */
  readonly track = (record: SessionRecord): void => {
    const machine = this.#machineOf(record)
    if (machine === undefined) return
    const before = this.#sessions.get(machine)
    const silent = before?.boot.silent
    const boot = applyRecord(before?.boot, record)
    if (boot === undefined) return
    this.#silence.watch(boot)
    if (silent !== undefined && boot.silent === undefined && lifeOf(boot)?.state === 'up')
      this.#back(boot, silent)
    const session = boot === before?.boot ? before : this.#begin(machine, boot, before)
    this.#put(session)
    session.dirty = true
    // On disk before the response to the system, and before its one-time assignment is removed.
    if (record.event === 'os:up' || record.event === 'os:down') this.#write()
    else this.#writeIn(boot.reached.up === undefined ? WRITE_MS : WRITE_UP_MS)
    this.#guard(() => this.#options.once.track(machine, boot, record))
    const inferred = inferEvent(boot, record, this.#options.servesRoots())
    if (inferred !== undefined) this.#options.emit(inferred)
  }

  /** The system of this boot has reported that it runs. */
  beat(session: Session, ip: string): void {
    const { clock } = this.#options
    const { mac, be } = session.boot
    session.renewed = clock.monotonic()
    this.track({ time: new Date(clock.now()).toISOString(), event: 'os:beat', mac, ip, stage: 'os', be })
  }

  async token(mac: string, to?: string): Promise<string | undefined> {
    const session = this.#sessionOf(mac)
    if (session === undefined) return undefined
    if (to !== undefined && !ownAddresses(session.boot).includes(to)) return undefined
    if (session.dirty) {
      // Machines that are switched on together share one commit.
      this.#writing ??= new Promise<void>(setImmediate).then(() => this.#write())
      await this.#writing
    }
    return session.token
  }

  /** The present boots of all machines. */
  boots(): RecordedBoot[] {
    return Array.from(this.#sessions.values(), ({ boot }) => boot)
  }

  /** The present boot with this token. */
  session(token: string): Session | undefined {
    return this.#byToken.get(hashOf(token))
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

  #back(boot: Boot, silent: number): void {
    const { by, at } = lastSign(boot)!
    const detail = { evidence: by, silent: Math.round((at - silent) / 1000) }
    this.#options.emit({ event: 'os:back', mac: boot.mac, stage: 'os', be: boot.be, detail })
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
    else this.#machineOfMac.add(mac, machine)
    return machine
  }

  #begin(machine: string, boot: RecordedBoot, before: Session | undefined): Session {
    const { clock } = this.#options
    const failure = before && failureAfter(before.boot, boot.began)
    if (failure !== undefined) boot.failure = failure
    if (before !== undefined) this.#byToken.delete(hashOf(before.token))
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const known = this.#isKnown(machine) || (before?.known ?? false)
    const stored = before?.stored ?? this.#dropped.delete(machine)
    const since = clock.monotonic()
    const session = { machine, token, boot, since, renewed: since, known, dirty: true, stored }
    return session
  }

  #isKnown(machine: string): boolean {
    return this.#guard(() => this.#options.machineOf(machine)) !== undefined
  }

  /** Puts it last in its tier. */
  #put(session: Session): void {
    const tier = session.known ? 0 : session.boot.reached.file === undefined ? 2 : 1
    this.#byToken.set(hashOf(session.token), session)
    const displaced = this.#sessions.set(session.machine, session, tier)
    if (displaced === undefined) return
    // It may have been added to the inventory since.
    if (!displaced.known && this.#isKnown(displaced.machine)) {
      displaced.known = true
      this.#put(displaced)
    } else {
      this.#byToken.delete(hashOf(displaced.token))
      if (displaced.stored) this.#dropped.add(displaced.machine)
    }
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
      for (const session of dirty) Object.assign(session, { dirty: false, stored: true })
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

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64')

/** The last failure, for the record of the boot that follows this one; none after a boot that has come up. */
function failureAfter(boot: RecordedBoot, end: number): RecordedBoot['failure'] {
  const why = failureOf(boot, end)
  if (why !== undefined) return { at: boot.heard, why }
  return boot.reached.up === undefined ? boot.failure : undefined
}
