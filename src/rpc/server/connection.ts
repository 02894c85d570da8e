import type { TcpConnection } from '../../net/net.ts'
import { RecordReader, writeRecordMark } from '../record.ts'
import type { XdrWriter } from '../xdr.ts'
import type { ClientQueue } from './client-queue.ts'
import { RECORD_MARK_ROOM } from './message.ts'

/** Largest call, in bytes: names and handles, as no data is written here. */
const MAX_CALL = 256 << 10
/** Calls of one connection that are answered at the same time. */
const MAX_CALLS = 16
/** Unsent bytes of replies before no further call of the connection is started. */
const MAX_UNSENT = 4 << 20

/** The reply to a call; undefined: none. Never rejects. */
type Answer = (message: Buffer) => Promise<XdrWriter | undefined>

interface ConnectionEvents {
  /** No call is being answered, and all replies were sent. */
  idle(): void
  /** The connection is closed, and its last call done. */
  closed(): void
}

/** The calls of one TCP connection (RFC 5531, section 11); each reply is sent as soon as it is complete. */
export class ServerConnection {
  readonly #connection: TcpConnection
  readonly #queue: ClientQueue
  readonly #answer: Answer
  readonly #on: ConnectionEvents
  readonly #records = new RecordReader(MAX_CALL)
  /** Calls that were received and not started. */
  #received: Buffer[] = []
  /** Number of calls started and not done. */
  #calls = 0
  /** No more calls are started. */
  #isQuiesced = false
  #isClosed = false

  constructor(connection: TcpConnection, queue: ClientQueue, answer: Answer, on: ConnectionEvents) {
    this.#connection = connection
    this.#queue = queue
    this.#answer = answer
    this.#on = on
    connection.onDrain(() => {
      queue.startWaiting()
      this.#startCalls()
      this.#reportIdle()
    })
    connection.onData(data => this.#receive(data))
    connection.onClose(() => {
      this.#isQuiesced = this.#isClosed = true
      this.#received = []
      queue.startWaiting()
      this.#reportIdle()
    })
  }

  /** Bytes of replies that have not left yet. */
  get unsent(): number {
    return this.#isClosed ? 0 : this.#connection.waiting
  }

  /** Whether calls are being answered, or replies not sent yet. */
  get isBusy(): boolean {
    return this.#calls > 0 || this.unsent > 0
  }

  /** Starts no more calls; those under way are answered. */
  quiesce(): void {
    this.#isQuiesced = true
    this.#received = []
    this.#connection.pause()
  }

  end(): void {
    this.#connection.end()
  }

  /** Closes the connection at data that is no record, as the next record's start is unknown then. */
  #receive(data: Buffer): void {
    if (this.#isQuiesced) return
    try {
      this.#received.push(...this.#records.push(data))
    } catch {
      this.#connection.close()
      return
    }
    this.#startCalls()
  }

  #startCalls(): void {
    if (this.#isQuiesced) return
    while (this.#received.length > 0 && this.#hasRoom) void this.#run(this.#received.shift()!)
    if (this.#received.length === 0 && this.#hasRoom) this.#connection.resume()
    else this.#connection.pause()
  }

  get #hasRoom(): boolean {
    return this.#calls < MAX_CALLS && this.unsent < MAX_UNSENT
  }

  async #run(message: Buffer): Promise<void> {
    this.#calls++
    await this.#queue.run(async () => {
      const reply = this.#isClosed ? undefined : await this.#answer(message)
      if (reply !== undefined) this.#connection.write(...asRecord(reply))
    })
    this.#calls--
    this.#startCalls()
    // Most replies have left by the next turn of the event loop; for the others onDrain() reports.
    if (this.#isQuiesced) setImmediate(() => this.#reportIdle())
  }

  #reportIdle(): void {
    if (this.isBusy) return
    if (this.#isClosed) this.#on.closed()
    this.#on.idle()
  }
}

/** Fills in the record mark, for which the reply has room. */
function asRecord(reply: XdrWriter): Uint8Array[] {
  const pieces = reply.pieces()
  writeRecordMark(pieces[0] as Buffer, reply.length - RECORD_MARK_ROOM)
  return pieces
}
