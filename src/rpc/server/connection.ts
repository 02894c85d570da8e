import { type Budget, Share } from '../../net/budget.ts'
import type { Clock, TcpConnection } from '../../net/net.ts'
import { RecordReader, writeRecordMark } from '../record.ts'
import type { XdrWriter } from '../xdr.ts'
import type { CallQueue } from './call-queue.ts'
import { RECORD_MARK_ROOM } from './message.ts'

/** Largest call, in bytes: a WRITE of the size that clients are told, which is refused, but read. */
const MAX_CALL = 68 << 10
/** Calls of one connection that wait or are answered at the same time. */
const MAX_CALLS = 16
/** Memory of unsent replies before no further call of the connection is started; the system's buffer holds as much again. */
const MAX_UNSENT = 1 << 20
/** Memory that is reserved for a reply while it is made: a READ of a megabyte, and the cached blocks that it lies in. */
const REPLY_ROOM = 1536 << 10

/** The reply to a call; undefined: none. Never rejects. */
type Answer = (message: Buffer) => Promise<XdrWriter | undefined>

/** What the connections of a server have in common. */
export interface ConnectionContext {
  clock: Clock
  queue: CallQueue
  /** Bytes of memory for calls and for replies, by client address. */
  memory: { calls: Budget; replies: Budget }
  answer: Answer
  /** No call is being answered, and all replies were sent. */
  onIdle(): void
  /** The connection is closed, and its last call done. */
  onClosed(): void
  /** There is no memory for what the connection received, or for a reply; true: there is some again. */
  makeRoom(budget: Budget): boolean
}

interface Unsent {
  /** Where the reply ends, in bytes that were written to the connection. */
  end: number
  /** Bytes of memory that it keeps. */
  held: number
}

/** The calls of one TCP connection (RFC 5531, section 11); each reply is sent as soon as it is complete. */
export class ServerConnection {
  /** The client's address. */
  readonly client: string
  readonly #connection: TcpConnection
  readonly #context: ConnectionContext
  readonly #records = new RecordReader(MAX_CALL)
  /** Calls that were received and not started. */
  #received: Buffer[] = []
  /** Number of calls started and not done. */
  #calls = 0
  /** Replies that have not left the process, the oldest first. */
  readonly #unsent: Unsent[] = []
  #unsentMemory = 0
  #written = 0
  /** Bytes of calls that wait or are answered, and of the room for replies that are not made yet. */
  #callBytes = 0
  #replyRoom = 0
  /** The memory that is reserved for all that. */
  readonly #callMemory: Share
  readonly #replyMemory: Share
  /** When the last call was complete, the incomplete one began, and a reply was last sent, by Clock.monotonic(). */
  #calledAt: number
  #beganAt: number | undefined
  #sentAt: number
  /** No more calls are started. */
  #isQuiesced = false
  #isClosed = false

  constructor(connection: TcpConnection, client: string, context: ConnectionContext) {
    this.client = client
    this.#connection = connection
    this.#context = context
    this.#callMemory = new Share(context.memory.calls, client)
    this.#replyMemory = new Share(context.memory.replies, client)
    this.#calledAt = this.#sentAt = context.clock.monotonic()
    connection.onSent(() => this.#onSent())
    connection.onData(data => this.#receive(data))
    connection.onClose(() => this.#onClose())
  }

  /** Whether calls are being answered, or replies not sent yet. */
  get isBusy(): boolean {
    return this.#calls > 0 || this.#unsent.length > 0
  }

  /** Whether a whole call has come. */
  hasCalled = false

  /** Since when (Clock.monotonic()) the client has sent no complete call and waits for no reply; undefined: it does. */
  get idleSince(): number | undefined {
    return this.isBusy ? undefined : this.#calledAt
  }

  /** Since when the client has sent a part of a call, or has taken no byte of a reply; undefined: neither. */
  get stuckSince(): number | undefined {
    const unread = this.#unsent.length > 0 ? this.#sentAt : undefined
    if (unread === undefined || this.#beganAt === undefined) return unread ?? this.#beganAt
    return Math.min(unread, this.#beganAt)
  }

  /** Since when nothing has happened that the client has a part in; undefined: a call is being answered. */
  get since(): number | undefined {
    return this.stuckSince ?? this.idleSince
  }

  /** Starts no more calls; those under way are answered. */
  quiesce(): void {
    this.#isQuiesced = true
    this.#dropReceived()
    this.#connection.pause()
  }

  /** Closes when all replies were sent. */
  end(): void {
    this.#connection.end()
  }

  close(): void {
    this.#connection.close()
    this.#onClose()
  }

  /** Closes the connection at data that is no record, as the next record's start is unknown then. */
  #receive(data: Buffer): void {
    if (this.#isQuiesced) return
    let calls: Buffer[]
    try {
      calls = this.#records.push(data)
    } catch {
      this.close()
      return
    }
    const now = this.#context.clock.monotonic()
    if (calls.length > 0) {
      this.#calledAt = now
      this.hasCalled = true
    }
    if (this.#records.pending === 0) this.#beganAt = undefined
    else if (calls.length > 0) this.#beganAt = now
    else this.#beganAt ??= now
    this.#received.push(...calls)
    for (const { length } of calls) this.#callBytes += length
    if (this.#reserve(this.#callMemory)) this.#startCalls()
    else this.close()
  }

  #startCalls(): void {
    if (this.#isQuiesced) return
    while (this.#received.length > 0 && this.#hasRoom) void this.#run(this.#received.shift()!)
    if (this.#received.length === 0 && this.#hasRoom) this.#connection.resume()
    else this.#connection.pause()
  }

  get #hasRoom(): boolean {
    return this.#calls < MAX_CALLS && this.#unsentMemory < MAX_UNSENT
  }

  async #run(message: Buffer): Promise<void> {
    this.#calls++
    const { queue, answer } = this.#context
    let room = 0
    const admit = () => {
      if (this.#isClosed) return true
      this.#replyRoom += REPLY_ROOM
      if (this.#reserve(this.#replyMemory)) room = REPLY_ROOM
      else this.#replyRoom -= REPLY_ROOM
      return room > 0
    }
    const work = async () => {
      const reply = this.#isClosed ? undefined : await answer(message)
      if (reply !== undefined && !this.#isClosed) this.#write(reply)
    }
    await queue.run(this.client, work, admit)
    this.#calls--
    this.#callBytes -= message.length
    this.#replyRoom -= room
    this.#giveBack()
    this.#startCalls()
    this.#reportIdle()
  }

  #write(reply: XdrWriter): void {
    const pieces = asRecord(reply)
    const { held } = reply
    this.#written += reply.length
    if (this.#unsent.length === 0) this.#sentAt = this.#context.clock.monotonic()
    this.#unsent.push({ end: this.#written, held })
    this.#unsentMemory += held
    this.#connection.write(...pieces)
  }

  #onSent(): void {
    const sent = this.#written - this.#connection.waiting
    while (this.#unsent.length > 0 && this.#unsent[0]!.end <= sent) {
      this.#unsentMemory -= this.#unsent.shift()!.held
    }
    this.#sentAt = this.#context.clock.monotonic()
    this.#giveBack()
    this.#context.queue.startWaiting()
    this.#startCalls()
    this.#reportIdle()
  }

  #onClose(): void {
    if (this.#isClosed) return
    this.#isQuiesced = this.#isClosed = true
    this.#dropReceived()
    this.#unsent.length = this.#unsentMemory = 0
    this.#giveBack()
    this.#context.queue.startWaiting()
    this.#reportIdle()
  }

  #dropReceived(): void {
    for (const { length } of this.#received.splice(0)) this.#callBytes -= length
  }

  /** Reserves memory for what is held now; false: there is not enough, or it was this connection that had to make room. */
  #reserve(share: Share): boolean {
    const held = () => (share === this.#callMemory ? this.#heldByCalls : this.#heldByReplies)
    while (!share.set(held())) {
      if (!this.#context.makeRoom(share.budget) || this.#isClosed) return false
    }
    return true
  }

  /** Gives back the memory of what is not held any more. */
  #giveBack(): void {
    this.#callMemory.set(this.#heldByCalls)
    this.#replyMemory.set(this.#heldByReplies)
  }

  get #heldByCalls(): number {
    return this.#callBytes + (this.#isClosed ? 0 : this.#records.pending)
  }

  get #heldByReplies(): number {
    return this.#replyRoom + this.#unsentMemory
  }

  #reportIdle(): void {
    if (this.isBusy) return
    if (this.#isClosed) this.#context.onClosed()
    this.#context.onIdle()
  }
}

/** Fills in the record mark, for which the reply has room. */
function asRecord(reply: XdrWriter): Uint8Array[] {
  const pieces = reply.pieces()
  writeRecordMark(pieces[0] as Buffer, reply.length - RECORD_MARK_ROOM)
  return pieces
}
