import { BeError } from '../errors/errors.ts'

/** Record marking (RFC 5531, section 11): on TCP a message is a chain of fragments, each with a header. */
const LAST = 0x80000000

/** A whole message as one last fragment. */
export function encodeRecord(message: Uint8Array): Buffer {
  return Buffer.concat([writeRecordMark(Buffer.alloc(4), message.length), message])
}

/** A buffer costs more than the few bytes that somebody may send in each: so many pieces are made one. */
const MOST_PIECES = 32

/** Writes the header of a whole message of `length` bytes into the first four bytes. */
export function writeRecordMark(into: Buffer, length: number): Buffer {
  into.writeUInt32BE((LAST | length) >>> 0)
  return into
}

/** Puts messages together again out of a stream. */
export class RecordReader {
  readonly #max: number
  /** What came and is not taken yet, and how much that is. */
  #chunks: Buffer[] = []
  #have = 0
  #fragments: Buffer[] = []
  #size = 0
  /** The header of the fragment that is awaited, once it is here. */
  #header: number | undefined

  /** `max`: the largest message taken, in bytes; without it the other side could fill our memory. */
  constructor(max = 1 << 20) {
    this.#max = max
  }

  /** Adds what arrived; returns the messages that are whole now. Throws BE_RPC_RECORD_TOO_LONG. */
  push(data: Buffer): Buffer[] {
    this.#chunks = fewer([...this.#chunks, data])
    this.#have += data.length
    const messages: Buffer[] = []
    for (;;) {
      this.#header ??= this.#have < 4 ? undefined : this.#take(4).readUInt32BE()
      if (this.#header === undefined) return messages
      const length = this.#header & ~LAST
      this.#check(length)
      if (this.#have < length) return messages
      this.#keep(this.#take(length))
      if (this.#header & LAST) messages.push(this.#whole())
      this.#header = undefined
    }
  }

  /** The first `length` bytes of what came; copied together only when they came in pieces. */
  #take(length: number): Buffer {
    const first = this.#chunks[0] ?? Buffer.alloc(0)
    const bytes = first.length >= length ? first : Buffer.concat(this.#chunks)
    this.#have -= length
    const rest = bytes.subarray(length)
    const others = bytes === first ? this.#chunks.slice(1) : []
    this.#chunks = rest.length > 0 ? [rest, ...others] : others
    return bytes.subarray(0, length)
  }

  #check(length: number): void {
    if (this.#size + length <= this.#max) return
    throw new BeError('BE_RPC_RECORD_TOO_LONG', `an RPC message of ${this.#size + length} bytes or more`, {
      expected: `at most ${this.#max}`,
      exit: 'unavailable',
    })
  }

  #keep(fragment: Buffer): void {
    if (fragment.length === 0) return
    this.#fragments = fewer([...this.#fragments, fragment])
    this.#size += fragment.length
  }

  #whole(): Buffer {
    const [only] = this.#fragments
    const message = only !== undefined && this.#fragments.length === 1 ? only : Buffer.concat(this.#fragments)
    this.#fragments = []
    this.#size = 0
    return message
  }
}

const fewer = (pieces: Buffer[]): Buffer[] => (pieces.length < MOST_PIECES ? pieces : [Buffer.concat(pieces)])
