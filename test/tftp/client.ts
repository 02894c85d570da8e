import type { Clock, Endpoint, Network, Timer, UdpSocket } from '../../src/net/net.ts'
import {
  buildAck,
  buildError,
  buildRequest,
  type Options,
  type Packet,
  parse,
} from '../../src/tftp/packet.ts'

export interface GetOptions {
  network: Network
  clock: Clock
  server: Endpoint
  /** The client's address. */
  address: string
  port?: number
  file: string
  options?: Options
  /** Send this ERROR instead of the ACK of the OACK, as a size probe does. */
  probe?: { code: number; message: string }
  /** The client repeats its last packet after this time (ms); Infinity: never. */
  patienceMs?: number
  /** Called with every packet of the server; true: drop the packet. */
  onPacket?(packet: Packet, from: Endpoint): boolean | undefined
}

export interface Got {
  bytes: Buffer
  oack: Options | undefined
  /** DATA packets received out of order or twice. */
  repeats: number
  tid: Endpoint
}

/** An ERROR from the server. */
export class TftpClientError extends Error {
  readonly code: number
  readonly from: Endpoint

  constructor(code: number, message: string, from: Endpoint) {
    super(message)
    this.code = code
    this.from = from
  }
}

/**
 * A TFTP client on any network: it accepts the first TID that answers, acknowledges the last block of a window,
 * answers every unexpected block with an ACK of the last one in order, and repeats its last packet after a timeout.
 */
export async function get(options: GetOptions): Promise<Got> {
  const { network, address, port = 0 } = options
  const socket = await network.udp({ address, port })
  return new Promise<Got>((resolve, reject) => new Client(options, socket, resolve, reject))
}

class Client {
  readonly #o: GetOptions
  readonly #socket: UdpSocket
  readonly #resolve: (got: Got) => void
  readonly #reject: (error: Error) => void
  readonly #parts: Buffer[] = []
  #oack: Options | undefined
  #tid: Endpoint | undefined
  #blksize = 512
  #window = 1
  #have = 0
  #acked = 0
  #repeats = 0
  #timer: Timer | undefined
  #last: Buffer
  #over = false

  constructor(o: GetOptions, socket: UdpSocket, resolve: (got: Got) => void, reject: (error: Error) => void) {
    this.#o = o
    this.#socket = socket
    this.#resolve = resolve
    this.#reject = reject
    socket.onMessage((datagram, from) => this.#receive(datagram, from))
    this.#last = buildRequest({ kind: 'rrq', file: o.file, mode: 'octet', options: o.options ?? [] })
    this.#send(this.#last)
  }

  #send(packet: Buffer): void {
    this.#last = packet
    this.#socket.send(packet, this.#tid ?? this.#o.server)
    this.#timer?.cancel()
    const patience = this.#o.patienceMs ?? 1000
    if (patience < Number.POSITIVE_INFINITY) {
      this.#timer = this.#o.clock.timer(patience, () =>
        this.#send(this.#have > this.#acked ? this.#ack() : this.#last),
      )
    }
  }

  #ack(): Buffer {
    this.#acked = this.#have
    return buildAck(this.#have)
  }

  #receive(datagram: Buffer, from: Endpoint): void {
    const packet = parse(datagram)
    if (packet.kind === 'malformed') throw new Error(`the server sent a malformed packet: ${packet.why}`)
    if (this.#over || this.#o.onPacket?.(packet, from)) return
    this.#tid ??= from
    if (from.port !== this.#tid.port) this.#socket.send(buildError(5, 'unknown TID'), from)
    else if (packet.kind === 'error') this.#end(new TftpClientError(packet.code, packet.message, from))
    else if (packet.kind === 'oack') this.#settle(packet.options)
    else if (packet.kind === 'data') this.#data(packet.block, packet.data)
  }

  #settle(options: Options): void {
    if (this.#have > 0) return
    this.#oack = options
    for (const [name, value] of options) {
      if (name.toLowerCase() === 'blksize') this.#blksize = Number(value)
      if (name.toLowerCase() === 'windowsize') this.#window = Number(value)
    }
    const { probe } = this.#o
    this.#send(probe === undefined ? this.#ack() : buildError(probe.code, probe.message))
    if (probe !== undefined) this.#end()
  }

  #data(block: number, data: Buffer): void {
    if (block !== ((this.#have + 1) & 0xffff)) {
      this.#repeats++
      // As EDK2 does, both at a gap and for a duplicate.
      this.#send(this.#ack())
      return
    }
    this.#have++
    this.#parts.push(data)
    const final = data.length < this.#blksize
    if (final || this.#have - this.#acked >= this.#window) this.#send(this.#ack())
    if (final) this.#end()
  }

  #end(error?: Error): void {
    this.#over = true
    this.#timer?.cancel()
    // Later, because node:dgram resolves the address, even a numeric one, before it sends.
    this.#o.clock.timer(1, () => this.#socket.close())
    if (error !== undefined) this.#reject(error)
    else
      this.#resolve({
        bytes: Buffer.concat(this.#parts),
        oack: this.#oack,
        repeats: this.#repeats,
        tid: this.#tid!,
      })
  }
}
