/**
 * The network and the clock as interfaces. `node.ts` and `http.ts` implement them on the host, `sim/` in a simulation.
 * Outside of this folder nothing imports node:dgram, node:net or node:http.
 */

export interface Endpoint {
  /** IPv4, dotted. */
  address: string
  port: number
}

/** INADDR_ANY: every address of this host. */
export const WILDCARD = '0.0.0.0'

export interface UdpOptions {
  /** Local address; 0.0.0.0 receives broadcasts, a host's own address does not (Linux). */
  address: string
  /** 0 picks a free port. */
  port: number
  /** Allow sending to broadcast addresses. */
  broadcast?: boolean
  /** Share the port with other sockets bound to other addresses (SO_REUSEADDR). */
  reuse?: boolean
  /** Of an inherited socket: receive from the interface with this address only. */
  interfaceOf?: string
  /** Only exchange datagrams with this peer. */
  connect?: Endpoint
  /** SO_RCVBUF in bytes; the system may grant less. */
  receiveBuffer?: number
  /** SO_SNDBUF in bytes, as above. FreeBSD refuses datagrams that are larger. */
  sendBuffer?: number
  /** Use this open and bound socket of the process: `address`, `port` and `reuse` are ignored. */
  fd?: number
}

/** A datagram that was not sent. */
export interface Drop {
  /** Undefined on a connected socket. */
  to: Endpoint | undefined
  why: string
}

export interface UdpSocket {
  readonly local: Endpoint
  /**
   * Does not wait. `to` is left out on a connected socket. Errors go to the listener of onError, and what is dropped so
   * that others need not wait (UdpSender) to that of onDrop.
   */
  send(data: Uint8Array, to?: Endpoint): void
  onMessage(listener: (data: Buffer, from: Endpoint) => void): void
  onError(listener: (error: Error) => void): void
  onDrop(listener: (drop: Drop) => void): void
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
  /** Sends the pieces, together with those of other writes of the same tick. The caller must not change them afterwards. */
  write(...pieces: Uint8Array[]): void
  /** Bytes that were written and are still in the process's memory. */
  readonly waiting: number
  /** Called whenever `waiting` has fallen. */
  onSent(listener: () => void): void
  onData(listener: (data: Buffer) => void): void
  /** Stops reading until resume(), so that TCP's flow control stops the peer. */
  pause(): void
  resume(): void
  /** Called once, with the error if there was one. */
  onClose(listener: (error?: Error) => void): void
  /** Closes when all that was written has been sent. */
  end(): void
  close(): void
}

export interface HttpRequest {
  method: string
  /** The raw request target, undecoded. */
  target: string
  headers: Record<string, string | undefined>
  from: Endpoint
  /** Memory for a response that is sent in pieces, this client's share; absent: as much as it likes. */
  memory?: MemoryAccount
}

/** Bytes of a limit that several share. */
export interface MemoryAccount {
  /** False, with nothing taken: there is not enough. */
  reserve(bytes: number): boolean
  release(bytes: number): void
}

export interface HttpResponse {
  status: number
  headers: Record<string, string>
  /**
   * Absent: no body. The pieces are taken one by one, each when the one before has been sent, whose memory may then
   * be used again; iteration ends early when the client disconnects. A body that throws breaks the connection.
   */
  body?: Buffer | AsyncIterable<Uint8Array>
}

export interface HttpLimits {
  /** Connections of all clients, and of one address. */
  all: number
  each: number
  /**
   * Bytes of responses that wait to be sent, of all connections together: so many of those that are in memory as a whole,
   * and as many of HttpRequest.memory.
   */
  bytes: number
  /** A request that has not been received completely in this time (ms) is answered with 408. */
  requestMs: number
  /** A connection without traffic for this time (ms) is closed, also one whose response is not read. */
  silentMs: number
}

export interface HttpOptions {
  /** Called for a request that is no HTTP: it is answered with 400 and the connection closed. */
  onMalformed?(from: string, why: string): void
  /** Called for a connection or response that is over the limits. */
  onRefused?(from: string, why: string): void
  limits?: Partial<HttpLimits>
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>

export interface Listener {
  readonly local: Endpoint
  /** Stops listening; transfers in progress may finish for up to `graceMs`. */
  close(graceMs?: number): Promise<void>
}

export interface Network {
  /** Rejects with a BeError: BE_PORT_TAKEN, BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL. */
  udp(options: UdpOptions): Promise<UdpSocket>
  tcp(options: TcpOptions): Promise<TcpConnection>
  /** Accepts TCP connections. Closing the listener leaves open connections as they are. Rejects as udp() does. */
  listen(at: Endpoint, accept: (connection: TcpConnection, from: Endpoint) => void): Promise<Listener>
  http(at: Endpoint, handler: HttpHandler, options?: HttpOptions): Promise<Listener>
}

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the epoch; jumps when the system clock is set. */
  now(): number
  /** Milliseconds of a clock that never goes back; for intervals. */
  monotonic(): number
  timer(ms: number, run: () => void): Timer
}

/** Waits `ms` by a clock. */
export const sleep = (clock: Clock, ms: number): Promise<void> => new Promise(done => clock.timer(ms, done))
