import type { Endpoint, HttpHandler, TcpConnection } from '../net.ts'
import type { SimClock } from './clock.ts'

/** How a simulated network treats datagrams, in the manner of tc-netem(8); probabilities are from 0 to 1. */
export interface Impairments {
  latencyMs: number
  loss: number
  duplication: number
  /** Share of the datagrams that are delayed by up to `jitterMs` more. */
  reordering: number
  jitterMs: number
}

/** An open UDP socket. */
export interface SimPort {
  host: { readonly address: string; owns(address: string): boolean }
  at: Endpoint
  /** Of a connected socket. */
  peer?: Endpoint | undefined
  receive(data: Buffer, from: Endpoint): void
}

/** What the hosts of one simulated Ethernet segment share. TCP and HTTP listeners are keyed by `address:port`. */
export interface Medium {
  readonly clock: SimClock
  readonly impairments: Impairments
  readonly ports: SimPort[]
  readonly tcpListeners: Map<string, (peer: TcpConnection, from: Endpoint) => void>
  readonly httpHandlers: Map<string, HttpHandler>
  /** Sends a datagram. */
  transmit(from: Endpoint, to: Endpoint, data: Buffer): void
}

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.address === b.address && a.port === b.port
