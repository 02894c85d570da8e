import type { BootFile } from '../boot/files/boot-file.ts'
import { BeError } from '../errors/errors.ts'
import type { MemoryAccount } from '../net/net.ts'
import type { ByteRange } from './range.ts'

/** Bytes read at a time: few calls for a gigabyte, and little memory for hundreds of clients. */
const LARGE = 64 * 1024
/** The same for the first piece, and where memory is short: thousands may ask for a file and not read it. */
const SMALL = 16 * 1024

/** Large buffers of finished bodies, for the next ones: allocating each costs more than the rest of a response. */
const idle: Buffer[] = []
const MAX_IDLE = 128

/**
 * Reads `length` bytes; rejects with BE_FILE_CHANGED when the file has become shorter. Content-Length was sent by then:
 * the connection must break, so that the client does not take what it has for the whole file.
 */
export async function readAll(file: BootFile, from: number, length: number, into?: Buffer): Promise<Buffer> {
  const bytes = await file.read(from, length, into)
  if (bytes.length === length) return bytes
  throw new BeError('BE_FILE_CHANGED', `${file.path}: became shorter while it was sent`)
}

/** How a body ended: bytes handed to the connection, and the error when the file could not be read. */
export interface BodyResult {
  bytes: number
  error?: unknown
}

/** For requests that do not pass a server. */
const UNLIMITED: MemoryAccount = { reserve: () => true, release: () => {} }

/**
 * A range of a file as the body of a response, in pieces, each read when the one before has been sent. After the first,
 * if the memory for that can be had, they are large, and while one is being sent the next one is read, but no more.
 * Owns the file: closes it when the client has all, disconnects, or never reads, and then calls `onEnd` once.
 */
export class FileBody implements AsyncIterableIterator<Buffer, undefined> {
  readonly #file: BootFile
  readonly #onEnd: (sent: BodyResult) => void
  readonly #until: number
  #at: number
  #bytes = 0
  readonly #account: MemoryAccount
  /** The piece that is being sent, and the next one if they are large. */
  #memory: Buffer[] = []
  #size = SMALL
  #ahead: Promise<Buffer> | undefined
  #ended = false

  constructor(
    file: BootFile,
    range: ByteRange,
    onEnd: (sent: BodyResult) => void,
    account: MemoryAccount = UNLIMITED,
  ) {
    this.#file = file
    this.#onEnd = onEnd
    this.#account = account
    this.#at = range.start
    this.#until = range.start + range.length
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The next piece; its memory may be reused for the one after it. Rejects when the file cannot be read. */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    const reading = this.#ahead ?? this.#read()
    this.#ahead = undefined
    if (reading === undefined) return this.return()
    try {
      const value = await reading
      this.#bytes += value.length
      this.#memory.reverse()
      if (this.#size === LARGE) this.#ahead = this.#read()
      // The next call of next() gets the rejection; this keeps it from counting as unhandled.
      this.#ahead?.catch(() => {})
      return { done: false, value }
    } catch (error) {
      await this.#end(error)
      throw error
    }
  }

  /** The client needs no more. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#end()
    return { done: true, value: undefined }
  }

  #read(): Promise<Buffer> | undefined {
    if (this.#at === this.#until || this.#ended) return undefined
    this.#grow()
    const length = Math.min(this.#size, this.#until - this.#at)
    if (this.#memory.length < (this.#size === LARGE ? 2 : 1)) this.#memory.unshift(this.#buffer())
    const from = this.#at
    this.#at += length
    return readAll(this.#file, from, length, this.#memory[0])
  }

  /** Goes on with large pieces. */
  #grow(): void {
    if (this.#bytes === 0 || this.#size === LARGE) return
    if (!this.#account.reserve(2 * LARGE)) return
    this.#size = LARGE
    this.#memory = []
  }

  #buffer(): Buffer {
    if (this.#size === SMALL) return Buffer.allocUnsafeSlow(SMALL)
    return idle.pop() ?? Buffer.allocUnsafeSlow(LARGE)
  }

  async #end(error?: unknown): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd(error instanceof BeError ? { bytes: this.#bytes, error } : { bytes: this.#bytes })
    await this.#ahead?.catch(() => {})
    if (this.#size === LARGE) {
      for (const buffer of this.#memory) if (idle.length < MAX_IDLE) idle.push(buffer)
      this.#account.release(2 * LARGE)
    }
    await this.#file.close().catch(() => {})
  }
}
