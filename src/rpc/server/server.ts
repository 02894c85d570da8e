import { Budget } from '../../net/budget.ts'
import type { Clock, Endpoint, Listener, Network, TcpConnection, UdpSocket } from '../../net/net.ts'
import type { Transport } from '../programs.ts'
import { CallQueue } from './call-queue.ts'
import { Connections } from './connections.ts'
import { dispatch, type ServedProgram } from './dispatch.ts'
import { RECORD_MARK_ROOM } from './message.ts'

export interface RpcServerOptions {
  network: Network
  clock: Clock
  address: string
  /** 0: any that is free for both transports. */
  port: number
  programs: readonly ServedProgram[]
  /** Bytes of memory for the calls and replies of all TCP connections. */
  memory: number
  /** Whether clients at this address are answered; default: all are. Others get no reply, or a closed connection. */
  admits?(address: string): boolean
  /** Called for each datagram, connection and reply that is dropped; `client` is the peer. */
  onDrop?(client: Endpoint, transport: Transport, why: string): void
}

const FOREIGN = 'its address is in none of our networks'
const BUSY = 'too many calls or connections at a time'

/** Datagrams that wait or are answered at the same time; further ones are dropped, and retransmitted by their senders. */
const MAX_DATAGRAMS = 512
/** SO_RCVBUF, in bytes: holds the calls of a boot storm while the process is busy. */
const RECEIVE_BUFFER = 1 << 20
/** SO_SNDBUF, in bytes. */
const SEND_BUFFER = 1 << 20
/** Attempts to find a port that is free for both transports. */
const PORT_ATTEMPTS = 20

/** Serves RPC programs (RFC 5531) on one port, over UDP and TCP. */
export class RpcServer {
  readonly #options: RpcServerOptions
  /** Apart from that of connections, where calls wait for memory. */
  readonly #queue = new CallQueue()
  readonly #connections: Connections
  readonly #datagrams = new Budget({ total: MAX_DATAGRAMS })
  #udp: UdpSocket | undefined
  #tcp: Listener | undefined
  #isStopping = false
  /** Called whenever calls were answered. */
  #onAnswered = () => {}

  constructor(options: RpcServerOptions) {
    this.#options = options
    const { clock, programs, memory } = options
    this.#connections = new Connections({
      ...{ clock, memory, queue: new CallQueue() },
      answer: (message, from) => dispatch(programs, message, from, 'tcp'),
      onIdle: () => this.#onAnswered(),
    })
  }

  /** Rejects as Network.udp() does, with nothing left open. */
  async start(): Promise<void> {
    // A port that the system picks for UDP may be taken for TCP.
    for (let attempts = this.#options.port === 0 ? PORT_ATTEMPTS : 1; ; attempts--) {
      try {
        await this.#open()
        return
      } catch (error) {
        if (attempts <= 1) throw error
      }
    }
  }

  async #open(): Promise<void> {
    const { network, address, port } = this.#options
    const buffers = { receiveBuffer: RECEIVE_BUFFER, sendBuffer: SEND_BUFFER }
    const udp = await network.udp({ address, port, ...buffers })
    udp.onError(() => {}) // a reply that cannot be sent counts as lost
    udp.onDrop(({ to, why }) => this.#drop(to!, 'udp', why))
    try {
      const at = { address, port: udp.local.port }
      this.#tcp = await network.listen(at, (connection, from) => this.#accept(connection, from))
    } catch (error) {
      udp.close()
      throw error
    }
    this.#udp = udp
    udp.onMessage((message, from) => void this.#answerDatagram(message, from))
  }

  get port(): number {
    return this.#udp!.local.port
  }

  /** Open TCP connections, and bytes of memory that their calls and replies take. */
  get use(): { connections: number; memory: number } {
    return { connections: this.#connections.size, memory: this.#connections.memory }
  }

  /** Takes no more calls; waits up to `graceMs` for the replies to those under way. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    await this.#tcp?.close()
    this.#connections.quiesce()
    await this.#whenIdle(graceMs)
    this.#udp?.close()
    this.#connections.end()
  }

  get #isBusy(): boolean {
    return this.#datagrams.all > 0 || this.#connections.isBusy
  }

  async #whenIdle(limitMs: number): Promise<void> {
    if (!this.#isBusy) return
    await new Promise<void>(resolve => {
      const limit = this.#options.clock.timer(limitMs, resolve)
      this.#onAnswered = () => {
        if (this.#isBusy) return
        limit.cancel()
        resolve()
      }
    })
  }

  async #answerDatagram(message: Buffer, from: Endpoint): Promise<void> {
    const { programs, admits } = this.#options
    const { address } = from
    if (this.#isStopping) return
    if (admits?.(address) === false) return this.#drop(from, 'udp', FOREIGN)
    if (!this.#datagrams.reserve(address, 1)) return this.#drop(from, 'udp', BUSY)
    await this.#queue.run(address, async () => {
      const reply = await dispatch(programs, message, from, 'udp')
      if (reply !== undefined) this.#udp?.send(reply.bytes().subarray(RECORD_MARK_ROOM), from)
    })
    this.#datagrams.release(address, 1)
    this.#onAnswered()
  }

  #accept(connection: TcpConnection, from: Endpoint): void {
    const isForeign = this.#options.admits?.(from.address) === false
    if (!this.#isStopping && !isForeign && this.#connections.add(connection, from)) return
    connection.close()
    if (!this.#isStopping) this.#drop(from, 'tcp', isForeign ? FOREIGN : BUSY)
  }

  #drop(client: Endpoint, transport: Transport, why: string): void {
    this.#options.onDrop?.(client, transport, why)
  }
}
