import type { BootFile } from '../boot/files/boot-file.ts'
import { errno, reason } from '../errors/errors.ts'
import type { Clock, Endpoint, Network, Timer, UdpSocket } from '../net/net.ts'
import type { BlockCache, Blocks } from './blocks.ts'
import { Flow } from './flow.ts'
import type { Terms } from './options.ts'
import { buildError, buildOack, ERROR, parse } from './packet.ts'

/** How a transfer ended. */
export type Ending =
  /** The client has all; `unacknowledged`: all was sent, but its last ACK never came. */
  | { how: 'done'; unacknowledged: boolean }
  /** The client sent ERROR. */
  | { how: 'abort'; code: number; message: string }
  /** The client fell silent, its port closed, the file could not be read, … */
  | { how: 'failed'; why: string }
  /** A new request came from the same port, or the server stops. */
  | { how: 'ended'; why: string }

export interface TransferOptions {
  network: Network
  clock: Clock
  cache: BlockCache
  /** The server's address; the port is picked afresh: it is our TID (RFC 1350, section 4). */
  address: string
  client: Endpoint
  file: BootFile
  terms: Terms
  onEnd(ending: Ending): void
}

/**
 * Sends one file to one client, over a socket of its own that is connected to that client: packets from
 * anywhere else never reach it. What to send when is Flow's business; this class owns socket, timer and file.
 */
export class Transfer {
  readonly flow: Flow
  readonly blockSize: number
  /** Clock's monotonic ms of the last packet from the client, at first of the start. */
  heardAt: number
  readonly startedAt: number
  readonly #options: TransferOptions
  readonly #blocks: Blocks
  #socket: UdpSocket | undefined
  #timer: { at: number; timer: Timer } | undefined
  #loading = false
  #ended = false

  constructor(options: TransferOptions) {
    this.#options = options
    const { cache, file, terms, clock } = options
    this.blockSize = terms.blockSize
    this.#blocks = cache.cut(file, terms.blockSize)
    this.flow = new Flow({
      blocks: this.#blocks.count,
      window: terms.window,
      oack: terms.accepted.length > 0,
      timeoutMs: terms.timeoutMs,
    })
    this.startedAt = clock.monotonic()
    this.heardAt = this.startedAt
  }

  /** Opens the socket and sends the first packet. Rejects when there is no socket to be had. */
  async start(): Promise<void> {
    const { network, address, client } = this.#options
    try {
      const socket = await network.udp({ address, port: 0, connect: client })
      if (this.#ended) {
        socket.close()
        return
      }
      this.#socket = socket
      socket.onMessage(datagram => this.#heard(datagram))
      socket.onError(error => this.#unsendable(error))
      this.#pump()
    } catch (error) {
      this.#end({ how: 'failed', why: reason(error) })
    }
  }

  /** Ends it from our side; the client is told when `tell` is set. */
  stop(why: string, tell: boolean): void {
    if (tell && !this.#ended) this.#socket?.send(buildError(ERROR.access, why))
    this.#end({ how: 'ended', why })
  }

  /** The client repeated its request: our first packet may be lost. */
  nudge(): void {
    if (!this.#ended && this.flow.repeatFirst(this.#options.clock.monotonic())) this.#pump()
  }

  #heard(datagram: Buffer): void {
    if (this.#ended) return
    const packet = parse(datagram)
    if (packet.kind === 'error') this.#end({ how: 'abort', code: packet.code, message: packet.message })
    else if (packet.kind === 'ack') this.#acknowledged(packet.block)
  }

  #acknowledged(block: number): void {
    const now = this.#options.clock.monotonic()
    const heard = this.flow.ack(block, now)
    if (heard === 'ignored') return
    this.heardAt = now
    this.#blocks.release(this.flow.acked + 1)
    if (heard === 'done') this.#end({ how: 'done', unacknowledged: false })
    else this.#pump()
  }

  /** Sends what is due, as far as it is in memory. */
  #pump(): void {
    const { flow } = this
    const now = this.#options.clock.monotonic()
    for (let block = flow.due(); block !== undefined; block = flow.due()) {
      const packet = block === 0 ? buildOack(this.#options.terms.accepted) : this.#packet(block)
      if (packet === undefined) break
      this.#socket?.send(packet)
      flow.sent(now)
    }
    this.#arm(now)
  }

  /** The block's packet, or undefined while it is read: then `#pump` runs again. */
  #packet(block: number): Buffer | undefined {
    const ready = this.#blocks.packet(block)
    if (ready !== undefined || this.#loading) return ready
    const loading = this.#blocks.load(block)
    if (loading === undefined) return this.#blocks.packet(block)
    this.#loading = true
    loading.then(
      () => {
        this.#loading = false
        if (!this.#ended) this.#pump()
      },
      error => this.#unreadable(error),
    )
    return undefined
  }

  #unreadable(error: unknown): void {
    if (this.#ended) return
    this.#socket?.send(buildError(ERROR.access, 'the file cannot be read'))
    this.#end({ how: 'failed', why: reason(error) })
  }

  #unsendable(error: Error): void {
    if (this.#ended) return
    // ICMP "port unreachable". After the last block it is only the last ACK that was lost.
    if (errno(error) === 'ECONNREFUSED') this.#gone('the client closed its port')
    // Anything else (ENOBUFS, EHOSTUNREACH for a moment) is a lost packet: the timer repeats it.
  }

  #gone(why: string): void {
    this.#end(
      this.flow.confirmed && this.flow.allSent
        ? { how: 'done', unacknowledged: true }
        : { how: 'failed', why },
    )
  }

  /** One timer at a time; it is moved only when it would fire too late, so an ACK costs no timer. */
  #arm(now: number): void {
    const { deadline } = this.flow
    if (this.#ended || deadline === undefined) return
    if (this.#timer !== undefined && this.#timer.at <= deadline) return
    this.#timer?.timer.cancel()
    this.#timer = { at: deadline, timer: this.#options.clock.timer(deadline - now, () => this.#fired()) }
  }

  #fired(): void {
    this.#timer = undefined
    const { deadline } = this.flow
    const now = this.#options.clock.monotonic()
    if (deadline === undefined) return
    if (now < deadline - 1) this.#arm(now)
    else if (this.flow.expired() === 'gave up') this.#gone('no answer from the client')
    else this.#pump()
  }

  #end(ending: Ending): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer?.timer.cancel()
    this.#socket?.close()
    this.#blocks.close().catch(() => {})
    this.#options.onEnd(ending)
  }
}
