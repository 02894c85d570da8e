import { BeError } from '../errors/errors.ts'

/** Larger pieces are handed on as they are rather than copied. */
const COPIED = 2048

/**
 * XDR (RFC 4506) as two cursors: what RPC, portmap, MOUNT and NFS need is numbers of 32 and 64 bits, strings
 * of bytes, and lists, which announce each item with a boolean.
 */
export class XdrWriter {
  #buffer: Buffer
  /** Bytes of #buffer that were written, and those of them that are in #pieces already. */
  #at = 0
  #handed = 0
  readonly #pieces: Uint8Array[] = []
  #before = 0

  /** `room`: about as many bytes as will be written. */
  constructor(room = 256) {
    this.#buffer = Buffer.allocUnsafe(room)
  }

  uint32(value: number): this {
    this.#want(4)
    this.#at = this.#buffer.writeUInt32BE(value, this.#at)
    return this
  }

  /** `unsigned hyper` (section 4.5). Node hands out what is above 2^63 as negative: both are these 64 bits. */
  uint64(value: bigint | number): this {
    if (typeof value === 'bigint') {
      this.#want(8)
      this.#at = this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, value), this.#at)
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

  /** The same, in pieces that together have `length` bytes; large ones are not copied, and must not change. */
  opaquePieces(pieces: readonly Uint8Array[], length: number): this {
    this.uint32(length)
    for (const piece of pieces) this.raw(piece)
    const zeros = padding(length)
    this.#want(zeros)
    this.#buffer.fill(0, this.#at, this.#at + zeros)
    this.#at += zeros
    return this
  }

  string(text: string): this {
    return this.opaque(Buffer.from(text))
  }

  /** Bytes that are XDR already. */
  raw(bytes: Uint8Array): this {
    if (bytes.length > COPIED) {
      this.#hand()
      this.#pieces.push(bytes)
      this.#before += bytes.length
      return this
    }
    this.#want(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
    return this
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#before + this.#at - this.#handed
  }

  /** All that was written, in order, without copying it together. */
  pieces(): Uint8Array[] {
    this.#hand()
    return this.#pieces
  }

  bytes(): Buffer {
    this.#hand()
    const [only] = this.#pieces
    return this.#pieces.length === 1 ? (only as Buffer) : Buffer.concat(this.#pieces)
  }

  #hand(): void {
    if (this.#at === this.#handed) return
    this.#pieces.push(this.#buffer.subarray(this.#handed, this.#at))
    this.#before += this.#at - this.#handed
    this.#handed = this.#at
  }

  #want(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    // What was handed on stays where it is.
    const kept = this.#buffer.subarray(this.#handed, this.#at)
    this.#buffer = Buffer.allocUnsafe(2 * (kept.length + bytes) + 256)
    this.#buffer.set(kept)
    this.#at = kept.length
    this.#handed = 0
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
    if (this.left < 4) throw malformed(`${this.left} bytes left`, '4')
    this.#at += 4
    return this.#bytes.readUInt32BE(this.#at - 4)
  }

  /** `unsigned hyper`; above 2^53, where numbers are no longer exact, the nearest. */
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
    const bytes = this.#take(length)
    this.#take(padding(length))
    return Buffer.from(bytes)
  }

  string(max: number): string {
    return this.opaque(max).toString('utf8')
  }

  /** Passes over variable-length opaque data of at most `max` bytes. */
  skipOpaque(max: number): void {
    const length = this.uint32()
    if (length > max) throw malformed(`${length} bytes of data`, `at most ${max}`)
    this.#take(length + padding(length))
  }

  /** The next number, which is still there afterwards. */
  peek(): number {
    const value = this.uint32()
    this.#at -= 4
    return value
  }

  /** Fixed-length opaque data (section 4.9). */
  fixed(length: number): Buffer {
    const bytes = this.#take(length)
    this.#take(padding(length))
    return Buffer.from(bytes)
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
