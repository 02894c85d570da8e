import type { Clock, Endpoint, Timer } from '../net/net.ts'
import { RecordReader, record } from './record.ts'
import { openTcp, openUdp, type Source } from './socket.ts'

/** First wait for an answer on UDP, in ms; doubled at each retransmission up to the longest. */
const FIRST_WAIT = 500
const LONGEST_WAIT = 4000

export interface ExchangeOptions extends Source {
  clock: Clock
  to: Endpoint
  /** For the whole exchange, retransmissions included. */
  timeoutMs: number
}

/** The time limit passed without an answer. */
export class NoAnswer extends Error {}

/** The server closed the connection without answering. */
export class Closed extends Error {}

/** Returns the outcome in a message, undefined for one that is not our answer; may throw. */
export type Accept<T> = (message: Buffer) => T | undefined

/**
 * One call over UDP: sent, and sent again unchanged (so that the server's duplicate request cache knows it
 * by its xid), until `accept` takes an answer. Rejects with NoAnswer, a system error or what `accept` threw.
 */
export async function exchangeUdp<T>(
  call: Uint8Array,
  accept: Accept<T>,
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
      timers.push(clock.timer(timeoutMs, () => reject(new NoAnswer())))
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
  accept: Accept<T>,
  options: ExchangeOptions,
): Promise<T> {
  const { clock, timeoutMs } = options
  const connection = await openTcp(options, options.to, timeoutMs)
  const records = new RecordReader()
  let timer: Timer | undefined
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = clock.timer(timeoutMs, () => reject(new NoAnswer()))
      connection.onClose(error => reject(error ?? new Closed()))
      connection.onData(data => settle(() => first(records.push(data), accept), resolve, reject))
      connection.write(record(call))
    })
  } finally {
    timer?.cancel()
    connection.close()
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

function first<T>(messages: Buffer[], accept: Accept<T>): T | undefined {
  for (const message of messages) {
    const value = accept(message)
    if (value !== undefined) return value
  }
  return undefined
}
