/**
 * What the rest of the program sees of the network and of time. `node.ts` and `http.ts` are the real one,
 * `sim.ts` is its simulated twin, `local.ts` the sockets of this host. Nothing else touches node:dgram, node:net
 * or node:http.
 */

export interface Endpoint {
  /** IPv4, dotted. */
  address: string
  port: number
}

/** Every address of this host. */
export const WILDCARD = '0.0.0.0'

export interface UdpOptions {
  /** Local address; 0.0.0.0 receives broadcasts, a host's own address does not (Linux). */
  address: string
  /** 0 picks a free one. */
  port: number
  /** Allow sending to broadcast addresses. */
  broadcast?: boolean
  /** Share the port with other sockets bound to other addresses (SO_REUSEADDR). */
  reuse?: boolean
  /** An address of the interface that is to be heard, for an inherited socket; others hear all of them. */
  interfaceOf?: string
  /** Only exchange datagrams with this peer. */
  connect?: Endpoint
  /** SO_RCVBUF in bytes; what the system does not give of it is done without. */
  receiveBuffer?: number
  /** An open, bound socket of this process instead: address, port and reuse are what it has. */
  fd?: number
}

export interface UdpSocket {
  readonly local: Endpoint
  /** Fire and forget; `to` is left out on a connected socket. Failures go to onError. */
  send(data: Uint8Array, to?: Endpoint): void
  onMessage(listener: (data: Buffer, from: Endpoint) => void): void
  onError(listener: (error: Error) => void): void
  close(): void
}

export interface TcpOptions {
  to: Endpoint
  localAddress?: string
  /** A fixed source port (reserved ports need root); 0 or absent picks one. */
  localPort?: number
  timeoutMs?: number
}

export interface TcpConnection {
  /** The pieces, and those of other writes of the same moment, leave together. They are not to be changed any more. */
  write(...pieces: Uint8Array[]): void
  /** Bytes that were written and have not left our memory. */
  readonly waiting: number
  /** Called whenever all that was waiting for a peer that was slower has left. */
  onDrain(listener: () => void): void
  onData(listener: (data: Buffer) => void): void
  /** No data is handed out until resume(): the peer has to wait in turn. */
  pause(): void
  resume(): void
  /** Called once, with the error if there was one. */
  onClose(listener: (error?: Error) => void): void
  /** Closes when all that was written has left. */
  end(): void
  close(): void
}

export interface HttpRequest {
  method: string
  /** The raw request target, undecoded. */
  target: string
  headers: Record<string, string | undefined>
  from: Endpoint
}

export interface HttpResponse {
  status: number
  headers: Record<string, string>
  /**
   * Absent: no body. Pieces are asked for one by one, each when the one before has left our memory, which may
   * then be used again; iteration ends early when the client goes away. A body that throws breaks the connection.
   */
  body?: Buffer | AsyncIterable<Uint8Array>
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>

export interface Listener {
  readonly local: Endpoint
  /** Stops listening; transfers under way may finish for up to `graceMs`. */
  close(graceMs?: number): Promise<void>
}

export interface Network {
  /** Rejects with a BeError: BE_PORT_TAKEN, BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL. */
  udp(options: UdpOptions): Promise<UdpSocket>
  tcp(options: TcpOptions): Promise<TcpConnection>
  /**
   * Takes TCP connections in. Closing it leaves those that are open to whoever accepted them. Rejects as udp()
   * does.
   */
  listen(at: Endpoint, accept: (connection: TcpConnection, from: Endpoint) => void): Promise<Listener>
  /** `onMalformed` is told of what is no HTTP; it was answered with 400 and the connection closed. */
  http(
    at: Endpoint,
    handler: HttpHandler,
    onMalformed?: (from: string, why: string) => void,
  ): Promise<Listener>
}

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number
  /** Milliseconds that only ever grow; for intervals. */
  monotonic(): number
  timer(ms: number, run: () => void): Timer
}

/** Waits `ms` on a clock. */
export const sleep = (clock: Clock, ms: number): Promise<void> => new Promise(done => clock.timer(ms, done))
