import { Budget } from '../../net/budget.ts'
import type { Clock, Endpoint, TcpConnection, Timer } from '../../net/net.ts'
import type { XdrWriter } from '../xdr.ts'
import type { CallQueue } from './call-queue.ts'
import { ServerConnection } from './connection.ts'

/** TCP connections, one for each mount of a machine. */
const MAX_CONNECTIONS = 2048
/** The part of the memory that is for calls, most of which are short. */
const CALL_PART = 1 / 4
/** Interval (ms) at which connections are looked at that nothing happens on. */
const CHECK_MS = 250
/** For so long (ms) a call may stay incomplete, or a reply unread. */
const STUCK_MS = 60_000
/** The same when another client needs the memory, who has less: whoever reads takes a part every few milliseconds. */
const STUCK_UNDER_PRESSURE_MS = 250
/**
 * A client of which a connection was closed for that is the first to make room for others, and takes no room from them, for
 * so long (ms). So many of these are remembered.
 */
const LAST_IN_LINE_MS = 30_000
const MAX_LAST_IN_LINE = 1024
/** Shortest time (ms) between searches for one that is stuck, while none is. */
const LOOK_MS = 50
/**
 * For so long (ms) a connection may have no calls, and for so long one that has had none. Clients open another when they
 * have calls again. As the NFS servers of kernels do it (Linux: svc_conn_age_period in net/sunrpc/svc_xprt.c).
 */
const IDLE_MS = 360_000
const UNUSED_MS = 30_000

export interface ConnectionsOptions {
  clock: Clock
  queue: CallQueue
  /** Bytes of memory for the calls and replies of all connections. */
  memory: number
  answer(message: Buffer, from: Endpoint): Promise<XdrWriter | undefined>
  /** A connection has no calls and no replies left. */
  onIdle(): void
}

/** The TCP connections of a server: limits what they cost together, and closes those on which nothing happens. */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #memory: { calls: Budget; replies: Budget }
  readonly #slots = new Budget({ total: MAX_CONNECTIONS })
  readonly #all = new Set<ServerConnection>()
  #timer: Timer | undefined
  /** Until when each client is last in line, by Clock.monotonic(); the oldest first. */
  readonly #lastInLine = new Map<string, number>()
  /** Until then (Clock.monotonic()) makeRoom() does not look again: no connection was stuck. */
  #noneStuckUntil = 0

  constructor(options: ConnectionsOptions) {
    this.#options = options
    const { memory } = options
    this.#memory = {
      calls: new Budget({ total: memory * CALL_PART }),
      replies: new Budget({ total: memory * (1 - CALL_PART) }),
    }
  }

  get size(): number {
    return this.#all.size
  }

  /** Bytes of memory that calls and replies take. */
  get memory(): number {
    return this.#memory.calls.all + this.#memory.replies.all
  }

  get isBusy(): boolean {
    return [...this.#all].some(({ isBusy }) => isBusy)
  }

  /** Serves a connection; false: its client has as many as it may have. */
  add(connection: TcpConnection, from: Endpoint): boolean {
    const client = from.address
    const hasSlot = () => this.#slots.reserve(client, 1)
    if (!hasSlot() && !(this.#freeSlot(client) && hasSlot())) return false
    const { clock, queue, answer, onIdle } = this.#options
    const served: ServerConnection = new ServerConnection(connection, client, {
      ...{ clock, queue, memory: this.#memory, onIdle },
      answer: message => answer(message, from),
      onClosed: () => this.#forget(served),
      makeRoom: budget => this.#makeRoom(client, budget),
    })
    this.#all.add(served)
    this.#timer ??= clock.timer(CHECK_MS, () => this.#check())
    return true
  }

  /** Starts no more calls; those under way are answered. */
  quiesce(): void {
    for (const connection of this.#all) connection.quiesce()
  }

  /** Closes all when their replies were sent. */
  end(): void {
    this.#timer?.cancel()
    for (const connection of this.#all) connection.end()
  }

  #forget(connection: ServerConnection): void {
    if (this.#all.delete(connection)) this.#slots.release(connection.client, 1)
  }

  /** Closes what has been silent for too long. */
  #check(): void {
    const now = this.#options.clock.monotonic()
    for (const connection of [...this.#all]) {
      const { stuckSince = now, idleSince = now, hasCalled } = connection
      const isSilent = now - idleSince > (hasCalled ? IDLE_MS : UNUSED_MS)
      if (isSilent || now - stuckSince > STUCK_MS) connection.close()
    }
    // Calls that wait for memory may close what has become stuck.
    this.#options.queue.startWaiting()
    this.#timer = this.#all.size > 0 ? this.#options.clock.timer(CHECK_MS, () => this.#check()) : undefined
  }

  /** Closes the connection that has been stuck longest, of the client that has most memory; false: no other one is stuck. */
  #makeRoom(client: string, budget: Budget): boolean {
    const now = this.#options.clock.monotonic()
    const isLast = (one: string) => (this.#lastInLine.get(one) ?? 0) > now
    if (now < this.#noneStuckUntil || isLast(client) || budget.largest <= budget.used(client)) return false
    const isStuck = ({ stuckSince = now, client: one }: ServerConnection) =>
      now - stuckSince > (isLast(one) ? 0 : STUCK_UNDER_PRESSURE_MS)
    const used = (one: string) => budget.used(one)
    const worst = this.#worst(isStuck, used)
    if (worst === undefined) this.#noneStuckUntil = now + LOOK_MS
    if (worst === undefined || used(worst.client) <= used(client)) return false
    this.#lastInLine.delete(worst.client)
    this.#lastInLine.set(worst.client, now + LAST_IN_LINE_MS)
    if (this.#lastInLine.size > MAX_LAST_IN_LINE) {
      this.#lastInLine.delete(this.#lastInLine.keys().next().value!)
    }
    worst.close()
    return true
  }

  /** Closes the connection that has been silent longest, of the client that has most, if that has more than this one. */
  #freeSlot(client: string): boolean {
    if (this.#slots.largest <= this.#slots.used(client) + 1) return false
    const isSilent = ({ since }: ServerConnection) => since !== undefined
    const worst = this.#worst(isSilent, client => this.#slots.used(client))
    if (worst === undefined || this.#slots.used(worst.client) <= this.#slots.used(client) + 1) return false
    worst.close()
    return true
  }

  /** Of the connections that may be closed, those of the client that uses most; the one of them that is silent longest. */
  #worst(
    mayClose: (connection: ServerConnection) => boolean,
    used: (client: string) => number,
  ): ServerConnection | undefined {
    let worst: ServerConnection | undefined
    for (const connection of this.#all) {
      if (!mayClose(connection)) continue
      const more = worst === undefined ? 1 : used(connection.client) - used(worst.client)
      if (more > 0 || (more === 0 && connection.since! < worst!.since!)) worst = connection
    }
    return worst
  }
}
