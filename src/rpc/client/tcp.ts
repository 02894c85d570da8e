import type { Endpoint, TcpConnection, Timer } from '../../net/net.ts'
import { encodeRecord, RecordReader } from '../record.ts'
import { openTcp, type SourceOptions } from './source-port.ts'
import { type CallOptions, CallTimeout, ConnectionClosed, type ReplyDecoder, settle } from './transport.ts'

/** One call over a TCP connection of its own. Rejects as ClientConnection.call() does. */
export async function callTcp<T>(
  call: Uint8Array,
  decode: ReplyDecoder<T>,
  options: CallOptions,
): Promise<T> {
  const connection = new ClientConnection(options, options.to)
  try {
    return await connection.call(call, decode, options)
  } finally {
    connection.close()
  }
}

/** A call without a reply yet. */
interface PendingCall {
  receive(message: Buffer): void
  fail(error: unknown): void
}

/**
 * A TCP connection for any number of calls: opened at the first one, and again after it was closed. Callers that
 * make many calls share one, because the reserved port of a closed connection stays in TIME_WAIT for a minute.
 */
export class ClientConnection {
  readonly #source: SourceOptions
  readonly #to: Endpoint
  readonly #pending = new Set<PendingCall>()
  #connection: Promise<TcpConnection> | undefined

  constructor(source: SourceOptions, to: Endpoint) {
    this.#source = source
    this.#to = to
  }

  /** Rejects with CallTimeout, ConnectionClosed, a system error, or what `decode` threw. */
  async call<T>(
    call: Uint8Array,
    decode: ReplyDecoder<T>,
    { clock, timeoutMs }: Pick<CallOptions, 'clock' | 'timeoutMs'>,
  ): Promise<T> {
    this.#connection ??= this.#open(timeoutMs)
    const connection = await this.#connection
    let pending: PendingCall | undefined
    let timer: Timer | undefined
    try {
      return await new Promise<T>((resolve, reject) => {
        pending = { receive: message => settle(() => decode(message), resolve, reject), fail: reject }
        this.#pending.add(pending)
        timer = clock.timer(timeoutMs, () => reject(new CallTimeout()))
        connection.write(encodeRecord(call))
      })
    } finally {
      timer?.cancel()
      this.#pending.delete(pending!)
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
      connection.onClose(error => this.#fail(error ?? new ConnectionClosed()))
      connection.onData(data => {
        try {
          for (const message of records.push(data)) for (const call of this.#pending) call.receive(message)
        } catch (error) {
          this.#fail(error)
          connection.close()
        }
      })
      return connection
    } catch (error) {
      this.#connection = undefined
      throw error
    }
  }

  /** Fails all pending calls; the next call opens a new connection. */
  #fail(error: unknown): void {
    this.#connection = undefined
    for (const call of this.#pending) call.fail(error)
  }
}
