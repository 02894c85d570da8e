import type { TcpConnection } from '../../net/net.ts'
import { RecordReader, writeRecordMark } from '../record.ts'
import type { XdrWriter } from '../xdr.ts'
import type { ClientQueue } from './client-queue.ts'

/** The largest call: names and handles; no data is written here. */
const LONGEST_CALL = 256 << 10
/** Calls of one connection that are worked on at the same time; those beyond wait. */
const MOST_CALLS = 16
/** Answers that a client may leave lying here, in bytes, before no more of its calls are worked on. */
const MOST_WAITING = 4 << 20

/** Answers a call; undefined: not at all. Never rejects. */
type Answer = (message: Buffer) => Promise<XdrWriter | undefined>

/** The calls of one TCP connection (RFC 5531, section 11): answered as they are done, in any order. */
export class ServerConnection {
  readonly #connection: TcpConnection
  readonly #client: ClientQueue
  readonly #answer: Answer
  readonly #on: { idle(): void; closed(): void }
  readonly #records = new RecordReader(LONGEST_CALL)
  #waiting: Buffer[] = []
  #calls = 0
  /** No more calls are taken. */
  #closed = false
  /** The connection is no more. */
  #gone = false

  /**
   * `idle` is called whenever it is not busy any more, `closed` when the connection has gone, and the last of its
   * calls is done.
   */
  constructor(
    connection: TcpConnection,
    client: ClientQueue,
    answer: Answer,
    on: { idle(): void; closed(): void },
  ) {
    this.#connection = connection
    this.#client = client
    this.#answer = answer
    this.#on = on
    connection.onDrain(() => {
      client.next()
      this.#go()
      this.#tellIdle()
    })
    connection.onData(data => this.#take(data))
    connection.onClose(() => {
      this.#closed = this.#gone = true
      this.#waiting = []
      client.next()
      this.#tellIdle()
    })
  }

  /** Bytes of answers that have not left yet. */
  get waiting(): number {
    return this.#gone ? 0 : this.#connection.waiting
  }

  /** Whether calls are worked on, or answers have not left yet. */
  get busy(): boolean {
    return this.#calls > 0 || this.waiting > 0
  }

  /** Takes no more calls; those that are worked on are answered. */
  quiesce(): void {
    this.#closed = true
    this.#waiting = []
    this.#connection.pause()
  }

  end(): void {
    this.#connection.end()
  }

  /** What is no record breaks the connection: there is no telling where the next one begins. */
  #take(data: Buffer): void {
    if (this.#closed) return
    try {
      this.#waiting.push(...this.#records.push(data))
    } catch {
      this.#connection.close()
      return
    }
    this.#go()
  }

  #go(): void {
    if (this.#closed) return
    while (this.#waiting.length > 0 && this.#mayWork()) void this.#work(this.#waiting.shift()!)
    if (this.#waiting.length === 0 && this.#mayWork()) this.#connection.resume()
    else this.#connection.pause()
  }

  #mayWork(): boolean {
    return this.#calls < MOST_CALLS && this.waiting < MOST_WAITING
  }

  async #work(message: Buffer): Promise<void> {
    this.#calls++
    await this.#client.pass(async () => {
      const reply = this.#gone ? undefined : await this.#answer(message)
      if (reply !== undefined) this.#connection.write(...marked(reply))
    })
    this.#calls--
    this.#go()
    // By then what was written has left, unless the client is slow: that one drains.
    if (this.#closed) setImmediate(() => this.#tellIdle())
  }

  #tellIdle(): void {
    if (this.busy) return
    if (this.#gone) this.#on.closed()
    this.#on.idle()
  }
}

function marked(reply: XdrWriter): Uint8Array[] {
  const pieces = reply.pieces()
  writeRecordMark(pieces[0] as Buffer, reply.length - 4)
  return pieces
}
