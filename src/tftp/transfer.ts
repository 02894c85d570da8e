import type { BootFile } from '../boot/files/boot-file.ts'
import { errno, reason } from '../errors/errors.ts'
import type { Clock, Endpoint, Network, Timer, UdpSocket } from '../net/net.ts'
import type { BlockCache, Blocks } from './blocks.ts'
import { Flow } from './flow.ts'
import type { NegotiatedOptions } from './options.ts'
import { buildError, buildOack, ERROR, parse } from './packet.ts'

/** How a transfer ended. */
export type Ending =
  /** The client has the file; `unacknowledged`: all was sent, but the last ACK was not received. */
  | { how: 'done'; unacknowledged: boolean }
  /** The client sent ERROR. */
  | { how: 'abort'; code: number; message: string }
  /** The client stopped answering or closed its port, or the file could not be read. */
  | { how: 'failed'; why: string }
  /** Ended by the server: a new request from the same port, too many transfers, or the server stops. */
  | { how: 'ended'; why: string }

export interface TransferOptions {
  network: Network
  clock: Clock
  cache: BlockCache
  /** The server's address. The port is a new one for each transfer: the server's TID (RFC 1350, section 4). */
  address: string
  client: Endpoint
  file: BootFile
  negotiated: NegotiatedOptions
  onEnd(ending: Ending): void
}

/**
 * Sends one file to one client, over a socket of its own that is connected to the client, so that the kernel drops
 * packets from elsewhere. Flow decides what to send when; this class owns socket, timer and file.
 */
export class Transfer {
  readonly flow: Flow
  readonly blockSize: number
  /** When the last packet from the client was received, at first the start; monotonic ms. */
  lastPacketAt: number
  readonly startedAt: number
  readonly #options: TransferOptions
  readonly #blocks: Blocks
  #socket: UdpSocket | undefined
  #timer: { at: number; timer: Timer } | undefined
  #loading = false
  #ended = false

  constructor(options: TransferOptions) {
    this.#options = options
    const { cache, file, negotiated, clock } = options
    this.blockSize = negotiated.blockSize
    this.#blocks = cache.split(file, negotiated.blockSize)
    this.flow = new Flow({
      blocks: this.#blocks.count,
      window: negotiated.window,
      oack: negotiated.accepted.length > 0,
      timeoutMs: negotiated.timeoutMs,
    })
    this.startedAt = clock.monotonic()
    this.lastPacketAt = this.startedAt
  }

  /** Opens the socket and sends the first packet; without a socket the transfer ends as `failed`. */
  async start(): Promise<void> {
    const { network, address, client } = this.#options
    try {
      const socket = await network.udp({ address, port: 0, connect: client })
      if (this.#ended) {
        socket.close()
        return
      }
      this.#socket = socket
      socket.onMessage(datagram => this.#receive(datagram))
      socket.onError(error => this.#socketError(error))
      this.#pump()
    } catch (error) {
      this.#end({ how: 'failed', why: reason(error) })
    }
  }

  /** Ends the transfer; `notifyClient`: sends an ERROR. */
  stop(why: string, notifyClient: boolean): void {
    if (notifyClient && !this.#ended) this.#socket?.send(buildError(ERROR.access, why))
    this.#end({ how: 'ended', why })
  }

  /** The client repeated its request: the first packet may be lost. */
  requestRepeated(): void {
    if (!this.#ended && this.flow.repeatFirst(this.#options.clock.monotonic())) this.#pump()
  }

  #receive(datagram: Buffer): void {
    if (this.#ended) return
    const packet = parse(datagram)
    if (packet.kind === 'error') this.#end({ how: 'abort', code: packet.code, message: packet.message })
    else if (packet.kind === 'ack') this.#acknowledged(packet.block)
  }

  #acknowledged(block: number): void {
    const now = this.#options.clock.monotonic()
    const result = this.flow.ack(block, now)
    if (result === 'ignored') return
    this.lastPacketAt = now
    this.#blocks.release(this.flow.acked + 1)
    if (result === 'done') this.#end({ how: 'done', unacknowledged: false })
    else this.#pump()
  }

  /** Sends the blocks that are due, as far as they are in memory. */
  #pump(): void {
    const { flow } = this
    const now = this.#options.clock.monotonic()
    for (let block = flow.due(); block !== undefined; block = flow.due()) {
      const packet = block === 0 ? buildOack(this.#options.negotiated.accepted) : this.#packet(block)
      if (packet === undefined) break
      this.#socket?.send(packet)
      flow.sent(now)
    }
    if (!flow.confirmed) this.#blocks.releaseAll()
    this.#arm(now)
  }

  /** The block's packet; undefined while it is being read, after which `#pump` runs again. */
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
      error => this.#readFailed(error),
    )
    return undefined
  }

  #readFailed(error: unknown): void {
    if (this.#ended) return
    this.#socket?.send(buildError(ERROR.access, 'the file cannot be read'))
    this.#end({ how: 'failed', why: reason(error) })
  }

  #socketError(error: Error): void {
    if (this.#ended) return
    // ICMP port unreachable.
    if (errno(error) === 'ECONNREFUSED') this.#clientGone('the client closed its port')
    // Any other error (ENOBUFS, a short EHOSTUNREACH) counts as a lost packet, which the timer sends again.
  }

  /** After the last block was sent, only its ACK is missing: the client has the file. */
  #clientGone(why: string): void {
    this.#end(
      this.flow.confirmed && this.flow.allSent
        ? { how: 'done', unacknowledged: true }
        : { how: 'failed', why },
    )
  }

  /** One timer, which is set anew only when it would fire too late: an ACK does not touch it. */
  #arm(now: number): void {
    const { deadline } = this.flow
    if (this.#ended || deadline === undefined) return
    if (this.#timer !== undefined && this.#timer.at <= deadline) return
    this.#timer?.timer.cancel()
    this.#timer = { at: deadline, timer: this.#options.clock.timer(deadline - now, () => this.#timerFired()) }
  }

  #timerFired(): void {
    this.#timer = undefined
    const { deadline } = this.flow
    const now = this.#options.clock.monotonic()
    if (deadline === undefined) return
    if (now < deadline - 1) this.#arm(now)
    else if (this.flow.expired(deadline) === 'gave up') this.#clientGone('no answer from the client')
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
