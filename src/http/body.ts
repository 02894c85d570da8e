import type { BootFile } from '../boot/files/boot-file.ts'
import { BeError } from '../errors/errors.ts'
import type { Part } from './range.ts'

/** Bytes that are read at once: big enough that a gigabyte costs few calls, small enough for hundreds of clients. */
const CHUNK = 256 * 1024

/** Memory for the next clients: made anew for each piece, it would cost more than all else that HTTP does. */
const idle: Buffer[] = []
const MOST_IDLE = 32

/** How a body went: bytes handed on, and the error if it broke off by one of ours. */
export interface Sent {
  bytes: number
  error?: unknown
}

/**
 * A part of a file in pieces: one is with the client while the next is read, and no more than that. It owns the
 * file, and closes it whether the client takes all, goes away, or never reads; then `onEnd` is called once.
 */
export class FileBody implements AsyncIterableIterator<Buffer, undefined> {
  readonly #file: BootFile
  readonly #onEnd: (sent: Sent) => void
  readonly #until: number
  #at: number
  #bytes = 0
  /** The piece that is with the client lies in the first of these, the next one in the second. */
  #memory: Buffer[] = []
  #ahead: Promise<Buffer> | undefined
  #ended = false

  constructor(file: BootFile, part: Part, onEnd: (sent: Sent) => void) {
    this.#file = file
    this.#onEnd = onEnd
    this.#at = part.start
    this.#until = part.start + part.length
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The next piece; its memory is used again for the one after it. Rejects when the file cannot be read. */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    const reading = this.#ahead ?? this.#read()
    this.#ahead = undefined
    if (reading === undefined) return this.return()
    try {
      const value = await reading
      this.#bytes += value.length
      this.#memory.reverse()
      this.#ahead = this.#read()
      // Told to whoever asks for it.
      this.#ahead?.catch(() => {})
      return { done: false, value }
    } catch (error) {
      await this.#end(error)
      throw error
    }
  }

  /** Nobody wants the rest. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#end()
    return { done: true, value: undefined }
  }

  #read(): Promise<Buffer> | undefined {
    const length = Math.min(CHUNK, this.#until - this.#at)
    if (length === 0 || this.#ended) return undefined
    if (this.#memory.length < 2) this.#memory.unshift(idle.pop() ?? Buffer.allocUnsafeSlow(CHUNK))
    const from = this.#at
    this.#at += length
    return this.#file.read(from, length, this.#memory[0]!).then(bytes => {
      // The length was promised: break the connection rather than end as if this were all.
      if (bytes.length === length) return bytes
      throw new BeError('BE_FILE_CHANGED', `${this.#file.path}: became shorter while it was sent`)
    })
  }

  async #end(error?: unknown): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd(error instanceof BeError ? { bytes: this.#bytes, error } : { bytes: this.#bytes })
    await this.#ahead?.catch(() => {})
    for (const buffer of this.#memory) if (idle.length < MOST_IDLE) idle.push(buffer)
    await this.#file.close().catch(() => {})
  }
}
