import type { Clock, Endpoint, TcpConnection, Timer } from '../../net/net.ts'
import { encodeRecord, RecordReader } from '../record.ts'
import { openTcp, openUdp, type SourceOptions } from './source-port.ts'

/** First wait for an answer on UDP, in ms; doubled at each retransmission up to the longest. */
const FIRST_WAIT = 500
const LONGEST_WAIT = 4000

export interface ExchangeOptions extends SourceOptions {
  clock: Clock
  to: Endpoint
  /** For the whole exchange, retransmissions included. */
  timeoutMs: number
}

/** The time limit passed without an answer. */
export class CallTimeout extends Error {}

/** The server closed the connection without answering. */
export class ConnectionClosed extends Error {}

/** Returns the outcome in a message, undefined for one that is not our answer; may throw. */
export type ReplyDecoder<T> = (message: Buffer) => T | undefined

/**
 * One call over UDP: sent, and sent again unchanged (so that the server's duplicate request cache knows it
 * by its xid), until `accept` takes an answer. Rejects with NoAnswer, a system error or what `accept` threw.
 */
export async function exchangeUdp<T>(
  call: Uint8Array,
  accept: ReplyDecoder<T>,
  options: ExchangeOptions,
): Promise<T> {
  const { clock, timeoutMs } = options
  const socket = await openUdp(options, options.to)
  const timers: Timer[] = []
  try {
    return await new Promise<T>((resolve, reject) => {
      socket.onError(reject)
      socket.onMessage(message => settle(() => accept(message), resolve, reject))
      const send = (wait: number): void => {
        socket.send(call)
        timers.push(clock.timer(wait, () => send(Math.min(wait * 2, LONGEST_WAIT))))
      }
      timers.push(clock.timer(timeoutMs, () => reject(new CallTimeout())))
      send(FIRST_WAIT)
    })
  } finally {
    for (const timer of timers) timer.cancel()
    socket.close()
  }
}

/** One call over a TCP connection of its own. Rejects as exchangeUdp does, or with Closed. */
export async function exchangeTcp<T>(
  call: Uint8Array,
  accept: ReplyDecoder<T>,
  options: ExchangeOptions,
): Promise<T> {
  const line = new ClientConnection(options, options.to)
  try {
    return await line.exchange(call, accept, options)
  } finally {
    line.close()
  }
}

/** A call whose answer has not come. */
interface Waiting {
  take(message: Buffer): void
  fail(error: unknown): void
}

/**
 * Calls over one TCP connection, which is opened for the first of them, and anew when it was closed. For many: the
 * reserved port of a connection stays taken for a minute after its end (TIME_WAIT), and there are few.
 */
export class ClientConnection {
  readonly #source: SourceOptions
  readonly #to: Endpoint
  readonly #waiting = new Set<Waiting>()
  #connection: Promise<TcpConnection> | undefined

  constructor(source: SourceOptions, to: Endpoint) {
    this.#source = source
    this.#to = to
  }

  /** Rejects as exchangeTcp does. */
  async exchange<T>(
    call: Uint8Array,
    accept: ReplyDecoder<T>,
    { clock, timeoutMs }: Pick<ExchangeOptions, 'clock' | 'timeoutMs'>,
  ): Promise<T> {
    this.#connection ??= this.#open(timeoutMs)
    const connection = await this.#connection
    let waiting: Waiting | undefined
    let timer: Timer | undefined
    try {
      return await new Promise<T>((resolve, reject) => {
        waiting = { take: message => settle(() => accept(message), resolve, reject), fail: reject }
        this.#waiting.add(waiting)
        timer = clock.timer(timeoutMs, () => reject(new CallTimeout()))
        connection.write(encodeRecord(call))
      })
    } finally {
      timer?.cancel()
      this.#waiting.delete(waiting!)
    }
  }

  close(): void {
    this.#connection?.then(
      connection => connection.close(),
      () => {},
    )
  }

  async #open(timeoutMs: number): Promise<TcpConnection> {
    try {
      const connection = await openTcp(this.#source, this.#to, timeoutMs)
      const records = new RecordReader()
      connection.onClose(error => this.#closed(error ?? new ConnectionClosed()))
      connection.onData(data => {
        try {
          for (const message of records.push(data)) for (const one of this.#waiting) one.take(message)
        } catch (error) {
          this.#closed(error)
          connection.close()
        }
      })
      return connection
    } catch (error) {
      this.#connection = undefined
      throw error
    }
  }

  #closed(error: unknown): void {
    this.#connection = undefined
    for (const one of this.#waiting) one.fail(error)
  }
}

function settle<T>(
  work: () => T | undefined,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): void {
  try {
    const value = work()
    if (value !== undefined) resolve(value)
  } catch (error) {
    reject(error)
  }
}
