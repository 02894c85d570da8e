import type { Clock, Endpoint } from '../../net/net.ts'
import type { SourceOptions } from './source-port.ts'

/** What calls over UDP and TCP have in common. */

export interface CallOptions extends SourceOptions {
  clock: Clock
  to: Endpoint
  /** Limit for the whole call, retransmissions included. */
  timeoutMs: number
}

/** The time limit of a call passed without a reply. */
export class CallTimeout extends Error {}

/** The server closed the connection without a reply. */
export class ConnectionClosed extends Error {}

/** Decodes a received message; undefined when it is not the reply to this call. May throw. */
export type ReplyDecoder<T> = (message: Buffer) => T | undefined

/** Settles a promise by what `decode` does; leaves it pending when that returns undefined. */
export function settle<T>(
  decode: () => T | undefined,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  try {
    const value = decode()
    if (value !== undefined) resolve(value)
  } catch (error) {
    reject(error)
  }
}
