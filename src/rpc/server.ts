import type { Clock, Endpoint, Listener, Network, TcpConnection, UdpSocket } from '../net/net.ts'
import { dispatch, type ServedProgram } from './dispatch.ts'
import { RecordReader, recordMark } from './record.ts'
import type { XdrWriter } from './xdr.ts'

export interface RpcServerOptions {
  network: Network
  clock: Clock
  address: string
  /** 0: any, the same for both transports. */
  port: number
  programs: readonly ServedProgram[]
}

/** The largest call: names and handles; no data is written here. */
const LONGEST_CALL = 256 << 10
/** Calls that are being worked on: those beyond wait in the socket (TCP), or are dropped (UDP, where clients ask again). */
const MOST_CALLS = 64
const MOST_DATAGRAMS = 512
/** Answers that a connection may leave lying here, in bytes, before no more calls are taken from it. */
const MOST_WAITING = 4 << 20
const MOST_CONNECTIONS = 1024
/** A boot storm's calls while another thing keeps the process busy. */
const RECEIVE_BUFFER = 1 << 20

/** Serves RPC programs (RFC 5531) on one port, by UDP and by TCP. */
export class RpcServer {
  readonly #options: RpcServerOptions
  readonly #connections = new Set<TcpConnection>()
  #udp: UdpSocket | undefined
  #tcp: Listener | undefined
  #calls = 0
  #datagrams = 0
  #stopping = false
  /** Called when no call is left that is worked on. */
  #idle = () => {}

  constructor(options: RpcServerOptions) {
    this.#options = options
  }

  /** Rejects as Network.udp() does; nothing is left open then. */
  async start(): Promise<void> {
    const { network, address, port } = this.#options
    this.#udp = await network.udp({ address, port, receiveBuffer: RECEIVE_BUFFER })
    this.#udp.onError(() => {}) // an answer that cannot be sent is one that is lost
    try {
      const at = { address, port: this.#udp.local.port }
      this.#tcp = await network.listen(at, (connection, from) => this.#accept(connection, from))
    } catch (error) {
      this.#udp.close()
      throw error
    }
    this.#udp.onMessage((message, from) => void this.#datagram(message, from))
  }

  get port(): number {
    return this.#udp!.local.port
  }

  /** Takes no more calls; those that are worked on are answered, for up to `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    await this.#tcp?.close()
    for (const connection of this.#connections) connection.pause()
    if (this.#calls > 0) await this.#answered(graceMs)
    this.#udp?.close()
    for (const connection of this.#connections) connection.end()
    this.#connections.clear()
  }

  #answered(graceMs: number): Promise<void> {
    return new Promise(resolve => {
      const insist = this.#options.clock.timer(graceMs, resolve)
      this.#idle = () => {
        insist.cancel()
        resolve()
      }
    })
  }

  async #datagram(message: Buffer, from: Endpoint): Promise<void> {
    if (this.#stopping || this.#datagrams >= MOST_DATAGRAMS) return
    this.#datagrams++
    const reply = await this.#work(message, from, 'udp')
    this.#datagrams--
    if (reply !== undefined) this.#udp?.send(reply.bytes().subarray(4), from)
  }

  #accept(connection: TcpConnection, from: Endpoint): void {
    if (this.#stopping || this.#connections.size >= MOST_CONNECTIONS) {
      connection.close()
      return
    }
    this.#connections.add(connection)
    const records = new RecordReader(LONGEST_CALL)
    let calls = 0
    const resume = () => {
      if (!this.#stopping && calls < MOST_CALLS && connection.waiting < MOST_WAITING) connection.resume()
    }
    const answer = async (message: Buffer) => {
      if (++calls >= MOST_CALLS) connection.pause()
      const reply = await this.#work(message, from, 'tcp')
      calls--
      if (reply !== undefined && this.#connections.has(connection)) connection.write(...marked(reply))
      if (connection.waiting >= MOST_WAITING) connection.pause()
      else resume()
    }
    connection.onDrain(resume)
    connection.onClose(() => this.#connections.delete(connection))
    connection.onData(data => {
      for (const message of messages(records, data, connection)) void answer(message)
    })
  }

  async #work(message: Buffer, from: Endpoint, transport: 'udp' | 'tcp'): Promise<XdrWriter | undefined> {
    this.#calls++
    try {
      return await dispatch(this.#options.programs, message, from, transport)
    } finally {
      if (--this.#calls === 0) this.#idle()
    }
  }
}

/** What is no record breaks the connection: there is no telling where the next one begins. */
function messages(records: RecordReader, data: Buffer, connection: TcpConnection): Buffer[] {
  try {
    return records.push(data)
  } catch {
    connection.close()
    return []
  }
}

function marked(reply: XdrWriter): Uint8Array[] {
  const pieces = reply.pieces()
  recordMark(pieces[0] as Buffer, reply.length - 4)
  return pieces
}
