import { BeError } from '../errors/errors.ts'

/** Record marking (RFC 5531, section 11): on TCP a message is a sequence of fragments, each with a header. */
const LAST_FRAGMENT = 0x80000000

/** A whole message as one last fragment. */
export function encodeRecord(message: Uint8Array): Buffer {
  return Buffer.concat([writeRecordMark(Buffer.alloc(4), message.length), message])
}

/** Writes the header of a message of `length` bytes, sent as one fragment, into the first four bytes. */
export function writeRecordMark(into: Buffer, length: number): Buffer {
  into.writeUInt32BE((LAST_FRAGMENT | length) >>> 0)
  return into
}

/** So many buffers are joined: each costs far more memory than the few bytes that a peer may send at a time. */
const MAX_BUFFERS = 32

/** Reassembles messages from a TCP stream. */
export class RecordReader {
  readonly #max: number
  /** Data that was received and not consumed, and its length in bytes. */
  #received: Buffer[] = []
  #receivedLength = 0
  /** Fragments of the message under way, and their length in bytes. */
  #fragments: Buffer[] = []
  #messageLength = 0
  /** Header of the fragment that is awaited; undefined while that is incomplete itself. */
  #header: number | undefined

  /** `max`: largest message accepted, in bytes; bounds the memory that a peer can use. */
  constructor(max = 1 << 20) {
    this.#max = max
  }

  /** Adds received data; returns the messages that it completes. Throws BE_RPC_RECORD_TOO_LONG. */
  push(data: Buffer): Buffer[] {
    this.#received = joinMany([...this.#received, data])
    this.#receivedLength += data.length
    const messages: Buffer[] = []
    for (;;) {
      this.#header ??= this.#receivedLength < 4 ? undefined : this.#consume(4).readUInt32BE()
      if (this.#header === undefined) return messages
      const length = this.#header & ~LAST_FRAGMENT
      this.#checkLength(length)
      if (this.#receivedLength < length) return messages
      this.#addFragment(this.#consume(length))
      if (this.#header & LAST_FRAGMENT) messages.push(this.#takeMessage())
      this.#header = undefined
    }
  }

  /** The first `length` received bytes; copied only when they lie in several buffers. */
  #consume(length: number): Buffer {
    const first = this.#received[0] ?? Buffer.alloc(0)
    const bytes = first.length >= length ? first : Buffer.concat(this.#received)
    this.#receivedLength -= length
    const rest = bytes.subarray(length)
    const others = bytes === first ? this.#received.slice(1) : []
    this.#received = rest.length > 0 ? [rest, ...others] : others
    return bytes.subarray(0, length)
  }

  #checkLength(fragment: number): void {
    const length = this.#messageLength + fragment
    if (length <= this.#max) return
    throw new BeError('BE_RPC_RECORD_TOO_LONG', `an RPC message of ${length} bytes or more`, {
      expected: `at most ${this.#max}`,
    })
  }

  #addFragment(fragment: Buffer): void {
    if (fragment.length === 0) return
    this.#fragments = joinMany([...this.#fragments, fragment])
    this.#messageLength += fragment.length
  }

  #takeMessage(): Buffer {
    const [only] = this.#fragments
    const message = only !== undefined && this.#fragments.length === 1 ? only : Buffer.concat(this.#fragments)
    this.#fragments = []
    this.#messageLength = 0
    return message
  }
}

const joinMany = (buffers: Buffer[]): Buffer[] =>
  buffers.length < MAX_BUFFERS ? buffers : [Buffer.concat(buffers)]
