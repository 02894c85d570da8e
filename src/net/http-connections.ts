import type net from 'node:net'
import { unmapped } from './listening.ts'
import type { HttpLimits } from './net.ts'

/** Requests of one connection that may wait for the response to an earlier one; boot programs do not send ahead. */
const MAX_AHEAD = 16

interface Connection {
  socket: net.Socket
  /** Waits for its first request, is being answered, or waits for its next request. */
  state: 'new' | 'busy' | 'idle'
  /** Requests that have not been answered completely. */
  requests: number
  /** Resolves when they have been. */
  answered: Promise<void>
  /** Of bodies that wait to be sent. */
  bytes: number
}

/** One address. */
interface Client {
  address: string
  /** The oldest first. */
  connections: Set<Connection>
  bytes: number
}

/**
 * The connections of an HTTP server and the memory of what they have not read, within limits for all. When there are
 * too many connections, or too many bytes, the client that has most loses a connection to one that has less: one
 * without a complete request if it has any, else the oldest.
 */
export class HttpConnections {
  readonly #limits: Pick<HttpLimits, 'all' | 'each' | 'bytes'>
  readonly #onRefused: (address: string, why: string) => void
  readonly #clients = new Map<string, Client>()
  readonly #bySocket = new Map<net.Socket, { client: Client; connection: Connection }>()
  #bytes = 0

  constructor(
    limits: Pick<HttpLimits, 'all' | 'each' | 'bytes'>,
    onRefused: (address: string, why: string) => void,
  ) {
    this.#limits = limits
    this.#onRefused = onRefused
  }

  /** A connection was accepted; it is closed if there are too many. */
  add(socket: net.Socket): void {
    const address = unmapped(socket.remoteAddress)
    const client = this.#clients.get(address) ?? { address, connections: new Set(), bytes: 0 }
    if (client.connections.size >= this.#limits.each || !this.#makeRoom(client)) {
      socket.destroy()
      this.#onRefused(address, 'too many connections')
      return
    }
    const connection: Connection = {
      ...{ socket, state: 'new', requests: 0, answered: Promise.resolve(), bytes: 0 },
    }
    client.connections.add(connection)
    this.#clients.set(address, client)
    this.#bySocket.set(socket, { client, connection })
    socket.once('close', () => this.#closed(socket))
  }

  /** A complete request was received: `answer` is called after those before it have been answered. Must not reject. */
  request(socket: net.Socket, answer: () => Promise<void>): void {
    const connection = this.#bySocket.get(socket)?.connection
    if (connection === undefined || connection.requests >= MAX_AHEAD) {
      socket.destroy()
      return
    }
    connection.state = 'busy'
    connection.requests++
    connection.answered = connection.answered.then(async () => {
      if (!socket.destroyed) await answer()
      if (--connection.requests === 0) connection.state = 'idle'
    })
  }

  /** Counts a body that is in memory as a whole until `sent`. False: there is no room for it. */
  hold(socket: net.Socket, bytes: number, sent: Promise<void>): boolean {
    const { client, connection } = this.#bySocket.get(socket) ?? {}
    if (client === undefined || connection === undefined) return false
    while (this.#bytes + bytes > this.#limits.bytes) {
      const most = this.#largest(({ bytes }) => bytes)
      if (most === undefined || most === client || most.bytes < client.bytes + bytes) {
        this.#onRefused(client.address, 'too many responses that are not read')
        return false
      }
      const holding = [...most.connections].filter(held => held.bytes > 0)
      this.#close(most, holding[0]!)
    }
    const count = (amount: number) => {
      connection.bytes += amount
      client.bytes += amount
      this.#bytes += amount
    }
    count(bytes)
    void sent.then(() => this.#bySocket.has(socket) && count(-bytes))
    return true
  }

  /** Whether the client may have one more connection, if need be in place of another client's. */
  #makeRoom(client: Client): boolean {
    if (this.#bySocket.size < this.#limits.all) return true
    const most = this.#largest(({ connections }) => connections.size)
    if (most === undefined || most.connections.size <= client.connections.size + 1) return false
    const all = [...most.connections]
    const unused = all.find(({ state }) => state === 'new') ?? all.find(({ state }) => state === 'idle')
    this.#close(most, unused ?? all[0]!)
    return true
  }

  #largest(measure: (client: Client) => number): Client | undefined {
    let largest: Client | undefined
    for (const client of this.#clients.values()) {
      if (largest === undefined || measure(client) > measure(largest)) largest = client
    }
    return largest
  }

  #close({ address }: Client, { socket }: Connection): void {
    this.#closed(socket)
    socket.destroy()
    this.#onRefused(address, 'closed in favour of other clients')
  }

  #closed(socket: net.Socket): void {
    const { client, connection } = this.#bySocket.get(socket) ?? {}
    if (client === undefined || connection === undefined) return
    this.#bySocket.delete(socket)
    client.connections.delete(connection)
    client.bytes -= connection.bytes
    this.#bytes -= connection.bytes
    if (client.connections.size === 0) this.#clients.delete(client.address)
  }
}
