import { BeError } from '../errors/errors.ts'

/** Larger pieces are passed on without copying. */
const MAX_COPIED = 2048

/**
 * Writes XDR (RFC 4506), as far as RPC, portmap, MOUNT and NFS use it: 32 and 64-bit integers, booleans, opaque
 * data and strings. A list is a `true` before each item, and a `false` after the last.
 */
export class XdrWriter {
  /** Is filled from the start; the bytes before #flushed are in #pieces already. */
  #buffer: Buffer
  #end = 0
  #flushed = 0
  readonly #pieces: Uint8Array[] = []
  #piecesLength = 0
  /** Bytes of memory behind #pieces. */
  #held = 0

  /** `room`: expected length in bytes. */
  constructor(room = 256) {
    this.#buffer = Buffer.allocUnsafe(room)
  }

  uint32(value: number): this {
    this.#reserve(4)
    this.#end = this.#buffer.writeUInt32BE(value, this.#end)
    return this
  }

  /** `unsigned hyper` (section 4.5). Takes the negative values too that Node returns for those above 2^63. */
  uint64(value: bigint | number): this {
    if (typeof value === 'bigint') {
      this.#reserve(8)
      this.#end = this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, value), this.#end)
      return this
    }
    return this.uint32(Math.floor(value / 2 ** 32)).uint32(value % 2 ** 32)
  }

  bool(value: boolean): this {
    return this.uint32(value ? 1 : 0)
  }

  /** Variable-length opaque data: length, bytes, zeros up to a multiple of four (section 4.10). */
  opaque(bytes: Uint8Array): this {
    return this.opaquePieces([bytes], bytes.length)
  }

  /** The same from several pieces of `length` bytes in all. Large ones are not copied, so they must not change. */
  opaquePieces(pieces: readonly Uint8Array[], length: number): this {
    this.uint32(length)
    for (const piece of pieces) this.raw(piece)
    const zeros = padding(length)
    this.#reserve(zeros)
    this.#buffer.fill(0, this.#end, this.#end + zeros)
    this.#end += zeros
    return this
  }

  string(text: string): this {
    return this.opaque(Buffer.from(text))
  }

  /** Bytes that are encoded already. Large ones are not copied, so they must not change. */
  raw(bytes: Uint8Array): this {
    if (bytes.length > MAX_COPIED) {
      this.#flush()
      this.#pieces.push(bytes)
      this.#piecesLength += bytes.length
      this.#held += bytes.buffer.byteLength
      return this
    }
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
    return this
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#piecesLength + this.#end - this.#flushed
  }

  /** Bytes of memory that it keeps: more than were written, as a piece that was not copied keeps all of its buffer. */
  get held(): number {
    return this.#held + this.#buffer.length
  }

  /** All that was written, in order, in several buffers. */
  pieces(): Uint8Array[] {
    this.#flush()
    return this.#pieces
  }

  /** All that was written, in one buffer. */
  bytes(): Buffer {
    this.#flush()
    const [only] = this.#pieces
    return this.#pieces.length === 1 ? (only as Buffer) : Buffer.concat(this.#pieces)
  }

  #flush(): void {
    if (this.#end === this.#flushed) return
    this.#pieces.push(this.#buffer.subarray(this.#flushed, this.#end))
    this.#piecesLength += this.#end - this.#flushed
    this.#flushed = this.#end
  }

  /** Makes room for so many more bytes. A new buffer gets the unflushed bytes only: #pieces refer to the old one. */
  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return
    const unflushed = this.#buffer.subarray(this.#flushed, this.#end)
    if (this.#flushed > 0) this.#held += this.#buffer.length
    this.#buffer = Buffer.allocUnsafe(2 * (unflushed.length + bytes) + 256)
    this.#buffer.set(unflushed)
    this.#end = unflushed.length
    this.#flushed = 0
  }
}

/** Reads what XdrWriter writes. Every method throws BE_XDR_MALFORMED for bytes that do not encode its type. */
export class XdrReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  uint32(): number {
    if (this.left < 4) throw malformed(`${this.left} bytes left`, '4')
    this.#at += 4
    return this.#bytes.readUInt32BE(this.#at - 4)
  }

  /** `unsigned hyper`; above 2^53, where numbers are no longer exact, the nearest number. */
  uint64(): number {
    const high = this.uint32()
    return high * 2 ** 32 + this.uint32()
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
    const bytes = this.#consume(length)
    this.#consume(padding(length))
    return Buffer.from(bytes)
  }

  string(max: number): string {
    return this.opaque(max).toString('utf8')
  }

  /** Skips variable-length opaque data of at most `max` bytes. */
  skipOpaque(max: number): void {
    const length = this.uint32()
    if (length > max) throw malformed(`${length} bytes of data`, `at most ${max}`)
    this.#consume(length + padding(length))
  }

  /** Fixed-length opaque data (section 4.9). */
  fixed(length: number): Buffer {
    const bytes = this.#consume(length)
    this.#consume(padding(length))
    return Buffer.from(bytes)
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  #consume(length: number): Buffer {
    if (length > this.left) throw malformed(`${this.left} bytes left`, `${length}`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

const padding = (length: number): number => (4 - (length % 4)) % 4

/** `found`: what the message holds instead of what is `expected`. */
export const malformed = (found: string, expected: string): BeError =>
  new BeError('BE_XDR_MALFORMED', `malformed RPC message, ${found}`, { expected })
