import { BeError } from '../errors.ts'

/** Record marking (RFC 5531, section 11): on TCP a message is a chain of fragments, each with a header. */
const LAST = 0x80000000

/** A whole message as one last fragment. */
export function record(message: Uint8Array): Buffer {
  const header = Buffer.alloc(4)
  header.writeUInt32BE((LAST | message.length) >>> 0)
  return Buffer.concat([header, message])
}

/** Puts messages together again out of a stream. */
export class RecordReader {
  readonly #max: number
  #pending: Buffer = Buffer.alloc(0)
  #fragments: Buffer[] = []
  #size = 0

  /** `max`: the largest message taken, in bytes; without it the other side could fill our memory. */
  constructor(max = 1 << 20) {
    this.#max = max
  }

  /** Adds what arrived; returns the messages that are whole now. Throws BE_RPC_RECORD_TOO_LONG. */
  push(data: Buffer): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, data])
    const messages: Buffer[] = []
    while (this.#pending.length >= 4) {
      const header = this.#pending.readUInt32BE()
      const length = header & ~LAST
      this.#check(length)
      if (this.#pending.length < 4 + length) break
      this.#keep(this.#pending.subarray(4, 4 + length))
      this.#pending = this.#pending.subarray(4 + length)
      if (header & LAST) messages.push(this.#whole())
    }
    return messages
  }

  #check(length: number): void {
    if (this.#size + length <= this.#max) return
    throw new BeError('BE_RPC_RECORD_TOO_LONG', `an RPC reply of ${this.#size + length} bytes or more`, {
      expected: `at most ${this.#max}`,
      exit: 'unavailable',
    })
  }

  #keep(fragment: Buffer): void {
    if (fragment.length === 0) return
    this.#fragments.push(fragment)
    this.#size += fragment.length
  }

  #whole(): Buffer {
    const message = Buffer.concat(this.#fragments)
    this.#fragments = []
    this.#size = 0
    return message
  }
}
