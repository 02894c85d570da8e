import { BeError } from '../errors.ts'

/**
 * XDR (RFC 4506) as two cursors: everything that RPC, portmap and MOUNT need is a 32-bit number, a string
 * of bytes, or a list that announces each item with a boolean.
 */
export class XdrWriter {
  #parts: Uint8Array[] = []

  uint32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeUInt32BE(value)
    this.#parts.push(part)
    return this
  }

  /** Variable-length opaque data: length, bytes, zeros up to a multiple of four (section 4.10). */
  opaque(bytes: Uint8Array): this {
    this.uint32(bytes.length)
    this.#parts.push(bytes, Buffer.alloc(padding(bytes.length)))
    return this
  }

  string(text: string): this {
    return this.opaque(Buffer.from(text))
  }

  /** Bytes that are XDR already. */
  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes)
    return this
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** Reads what XdrWriter writes. Every method throws BE_XDR_MALFORMED when the bytes do not hold it. */
export class XdrReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  uint32(): number {
    return this.#take(4).readUInt32BE()
  }

  /** 0 or 1, nothing else (section 4.4). */
  bool(): boolean {
    const value = this.uint32()
    if (value > 1) throw malformed(`boolean ${value}`, '0 or 1')
    return value === 1
  }

  /** Variable-length opaque data of at most `max` bytes. */
  opaque(max: number): Buffer {
    const length = this.uint32()
    if (length > max) throw malformed(`${length} bytes of data`, `at most ${max}`)
    const bytes = this.#take(length)
    this.#take(padding(length))
    return Buffer.from(bytes)
  }

  string(max: number): string {
    return this.opaque(max).toString('utf8')
  }

  /**
   * A linked list, `*next` in XDR's language: each item follows a true, the end is a false (section 4.19).
   * A loop, not recursion: the other side decides how long it gets.
   */
  list<T>(item: (reader: XdrReader) => T): T[] {
    const items: T[] = []
    while (this.bool()) items.push(item(this))
    return items
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  #take(length: number): Buffer {
    if (length > this.left) throw malformed(`${this.left} bytes left`, `${length}`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

const padding = (length: number): number => (4 - (length % 4)) % 4

/** The error of a message that is not what it should be. */
export const malformed = (found: string, expected: string): BeError =>
  new BeError('BE_XDR_MALFORMED', `malformed RPC message, ${found}`, { expected, exit: 'unavailable' })
