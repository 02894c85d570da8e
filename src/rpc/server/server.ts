import type { Clock, Endpoint, Listener, Network, TcpConnection, UdpSocket } from '../../net/net.ts'
import { ClientQueue } from './client-queue.ts'
import { ServerConnection } from './connection.ts'
import { dispatch, type ServedProgram } from './dispatch.ts'
import { RECORD_MARK_ROOM } from './message.ts'

export interface RpcServerOptions {
  network: Network
  clock: Clock
  address: string
  /** 0: any that is free for both transports. */
  port: number
  programs: readonly ServedProgram[]
}

/** Datagrams that are answered at the same time; further ones are dropped, and retransmitted by their senders. */
const MAX_DATAGRAMS = 512
/**
 * TCP connections, one for each mount of a machine. One client may have at most as many as are left for the others.
 */
const MAX_CONNECTIONS = 2048
/** SO_RCVBUF, in bytes: holds the calls of a boot storm while the process is busy. */
const RECEIVE_BUFFER = 1 << 20
/** Attempts to find a port that is free for both transports. */
const PORT_ATTEMPTS = 20

/** Serves RPC programs (RFC 5531) on one port, over UDP and TCP. */
export class RpcServer {
  readonly #options: RpcServerOptions
  readonly #connections = new Set<ServerConnection>()
  /** By client address; those that have connections. */
  readonly #clients = new Map<string, ClientQueue<ServerConnection>>()
  #udp: UdpSocket | undefined
  #tcp: Listener | undefined
  #datagrams = 0
  #isStopping = false
  /** Called whenever calls were answered. */
  #onAnswered = () => {}

  constructor(options: RpcServerOptions) {
    this.#options = options
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
    const udp = await network.udp({ address, port, receiveBuffer: RECEIVE_BUFFER })
    udp.onError(() => {}) // a reply that cannot be sent counts as lost
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

  /** Takes no more calls; waits up to `graceMs` for the replies to those under way. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    await this.#tcp?.close()
    for (const connection of this.#connections) connection.quiesce()
    await this.#whenIdle(graceMs)
    this.#udp?.close()
    for (const connection of this.#connections) connection.end()
  }

  get #isBusy(): boolean {
    return this.#datagrams > 0 || [...this.#connections].some(({ isBusy }) => isBusy)
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
    if (this.#isStopping || this.#datagrams >= MAX_DATAGRAMS) return
    this.#datagrams++
    const reply = await dispatch(this.#options.programs, message, from, 'udp')
    if (reply !== undefined) this.#udp?.send(reply.bytes().subarray(RECORD_MARK_ROOM), from)
    this.#datagrams--
    this.#onAnswered()
  }

  #accept(connection: TcpConnection, from: Endpoint): void {
    const client = this.#clients.get(from.address) ?? new ClientQueue<ServerConnection>()
    if (this.#isStopping || client.connections.size >= MAX_CONNECTIONS - this.#connections.size) {
      connection.close()
      return
    }
    const answer = (message: Buffer) => dispatch(this.#options.programs, message, from, 'tcp')
    const served: ServerConnection = new ServerConnection(connection, client, answer, {
      idle: () => this.#onAnswered(),
      closed: () => this.#forget(served, from.address),
    })
    this.#clients.set(from.address, client)
    this.#connections.add(served)
    client.connections.add(served)
  }

  #forget(connection: ServerConnection, address: string): void {
    this.#connections.delete(connection)
    const client = this.#clients.get(address)
    if (client?.connections.delete(connection) && client.connections.size === 0) this.#clients.delete(address)
  }
}
