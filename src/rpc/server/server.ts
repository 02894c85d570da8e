import type { Clock, Endpoint, Listener, Network, TcpConnection, UdpSocket } from '../../net/net.ts'
import { ClientQueue } from './client-queue.ts'
import { ServerConnection } from './connection.ts'
import { dispatch, type ServedProgram } from './dispatch.ts'

export interface RpcServerOptions {
  network: Network
  clock: Clock
  address: string
  /** 0: any, the same for both transports. */
  port: number
  programs: readonly ServedProgram[]
}

/** Datagrams that are being worked on: those beyond are dropped, their senders ask again. */
const MOST_DATAGRAMS = 512
/** Each mount of a machine has one. A client may have as many as are free: there is always room for another. */
const MOST_CONNECTIONS = 2048
/** A boot storm's calls while another thing keeps the process busy. */
const RECEIVE_BUFFER = 1 << 20

/** Serves RPC programs (RFC 5531) on one port, by UDP and by TCP. */
export class RpcServer {
  readonly #options: RpcServerOptions
  readonly #streams = new Set<ServerConnection>()
  readonly #clients = new Map<string, ClientQueue>()
  #udp: UdpSocket | undefined
  #tcp: Listener | undefined
  #datagrams = 0
  #stopping = false
  /** Called whenever calls were answered. */
  #answered = () => {}

  constructor(options: RpcServerOptions) {
    this.#options = options
  }

  /** Rejects as Network.udp() does; nothing is left open then. */
  async start(): Promise<void> {
    // Any port that is free for UDP may be taken for TCP.
    for (let tries = this.#options.port === 0 ? 20 : 1; ; tries--) {
      try {
        await this.#open()
        return
      } catch (error) {
        if (tries <= 1) throw error
      }
    }
  }

  async #open(): Promise<void> {
    const { network, address, port } = this.#options
    const udp = await network.udp({ address, port, receiveBuffer: RECEIVE_BUFFER })
    udp.onError(() => {}) // an answer that cannot be sent is one that is lost
    try {
      const at = { address, port: udp.local.port }
      this.#tcp = await network.listen(at, (connection, from) => this.#accept(connection, from))
    } catch (error) {
      udp.close()
      throw error
    }
    this.#udp = udp
    udp.onMessage((message, from) => void this.#datagram(message, from))
  }

  get port(): number {
    return this.#udp!.local.port
  }

  /** Takes no more calls; those that are worked on are answered, for up to `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    await this.#tcp?.close()
    for (const stream of this.#streams) stream.quiesce()
    await this.#settled(graceMs)
    this.#udp?.close()
    for (const stream of this.#streams) stream.end()
  }

  get #busy(): boolean {
    return this.#datagrams > 0 || [...this.#streams].some(({ busy }) => busy)
  }

  async #settled(graceMs: number): Promise<void> {
    if (!this.#busy) return
    await new Promise<void>(resolve => {
      const insist = this.#options.clock.timer(graceMs, resolve)
      this.#answered = () => {
        if (this.#busy) return
        insist.cancel()
        resolve()
      }
    })
  }

  async #datagram(message: Buffer, from: Endpoint): Promise<void> {
    if (this.#stopping || this.#datagrams >= MOST_DATAGRAMS) return
    this.#datagrams++
    const reply = await dispatch(this.#options.programs, message, from, 'udp')
    if (reply !== undefined) this.#udp?.send(reply.bytes().subarray(4), from)
    this.#datagrams--
    this.#answered()
  }

  #accept(connection: TcpConnection, from: Endpoint): void {
    const client = this.#clients.get(from.address) ?? new ClientQueue()
    if (this.#stopping || client.streams.size >= MOST_CONNECTIONS - this.#streams.size) {
      connection.close()
      return
    }
    const answer = (message: Buffer) => dispatch(this.#options.programs, message, from, 'tcp')
    const stream: ServerConnection = new ServerConnection(connection, client, answer, {
      idle: () => this.#answered(),
      closed: () => {
        this.#streams.delete(stream)
        if (client.streams.delete(stream) && client.streams.size === 0) this.#clients.delete(from.address)
      },
    })
    this.#clients.set(from.address, client)
    this.#streams.add(stream)
    client.streams.add(stream)
  }
}
