import { BeError } from '../errors/errors.ts'

/** Record marking (RFC 5531, section 11): on TCP a message is a sequence of fragments, each with a header. */
const LAST_FRAGMENT = 0x80000000
const HEADER = 4

/** A whole message as one last fragment. */
export function encodeRecord(message: Uint8Array): Buffer {
  return Buffer.concat([writeRecordMark(Buffer.alloc(HEADER), message.length), message])
}

/** Writes the header of a message of `length` bytes, sent as one fragment, into the first four bytes. */
export function writeRecordMark(into: Buffer, length: number): Buffer {
  into.writeUInt32BE((LAST_FRAGMENT | length) >>> 0)
  return into
}

/** Bytes that are put together from pieces. Its memory doubles, so that many small pieces cost no more than their bytes. */
class Gathered {
  #memory = Buffer.alloc(0)
  length = 0

  get bytes(): Buffer {
    return this.#memory.subarray(0, this.length)
  }

  append(piece: Uint8Array): void {
    const end = this.length + piece.length
    if (end > this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#memory.length))
      larger.set(this.bytes)
      this.#memory = larger
    }
    this.#memory.set(piece, this.length)
    this.length = end
  }

  /** Returns the bytes, which are not changed any more, and begins anew. */
  take(): Buffer {
    const { bytes } = this
    this.#memory = Buffer.alloc(0)
    this.length = 0
    return bytes
  }
}

/** Reassembles messages from a TCP stream. */
export class RecordReader {
  readonly #max: number
  /** Received and not consumed: the beginning of a fragment with its header. */
  readonly #received = new Gathered()
  /** Fragments of the message under way. */
  readonly #fragments = new Gathered()

  /** `max`: largest message accepted, in bytes; bounds the memory that a peer can use. */
  constructor(max = 1 << 20) {
    this.#max = max
  }

  /** Bytes of a message that is not complete. */
  get pending(): number {
    return this.#received.length + this.#fragments.length
  }

  /** Adds received data; returns the messages that it completes. Throws BE_RPC_RECORD_TOO_LONG. */
  push(data: Buffer): Buffer[] {
    const messages: Buffer[] = []
    const isFirst = this.#received.length === 0
    if (!isFirst) this.#received.append(data)
    const bytes = isFirst ? data : this.#received.bytes
    let at = 0
    while (bytes.length - at >= HEADER) {
      const mark = bytes.readUInt32BE(at)
      const length = mark & ~LAST_FRAGMENT
      this.#checkLength(length)
      const end = at + HEADER + length
      if (bytes.length < end) break
      const message = this.#endFragment(bytes.subarray(at + HEADER, end), (mark & LAST_FRAGMENT) !== 0)
      if (message !== undefined) messages.push(message)
      at = end
    }
    // The messages refer to `bytes`; a rest is copied, so that it does not keep all of them.
    if (isFirst || at > 0) {
      this.#received.take()
      if (at < bytes.length) this.#received.append(bytes.subarray(at))
    }
    return messages
  }

  #checkLength(fragment: number): void {
    const length = this.#fragments.length + fragment
    if (length <= this.#max) return
    throw new BeError('BE_RPC_RECORD_TOO_LONG', `an RPC message of ${length} bytes or more`, {
      expected: `at most ${this.#max}`,
    })
  }

  /** The message, if this is its last fragment; copied only when it has several. */
  #endFragment(fragment: Buffer, isLast: boolean): Buffer | undefined {
    if (isLast && this.#fragments.length === 0) return fragment
    this.#fragments.append(fragment)
    return isLast ? this.#fragments.take() : undefined
  }
}
