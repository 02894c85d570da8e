import { Readable } from 'node:stream'
import type { BootFile } from '../boot/files.ts'
import { BeError } from '../errors.ts'
import type { Part } from './range.ts'

/** Bytes that are read at once: big enough that a gigabyte costs few calls, small enough for hundreds of clients. */
const CHUNK = 512 * 1024

/** How a body went: bytes handed on, and the error if it broke off by one of ours. */
export interface Sent {
  bytes: number
  error?: unknown
}

/**
 * A part of a file as a stream, read no faster than the client takes it. It owns the file, and closes it whether the
 * client takes all, goes away, or never reads; then `onEnd` is called once.
 */
export class FileBody extends Readable {
  readonly #file: BootFile
  readonly #onEnd: (sent: Sent) => void
  readonly #until: number
  #at: number
  readonly #start: number

  constructor(file: BootFile, part: Part, onEnd: (sent: Sent) => void) {
    super({ highWaterMark: CHUNK })
    this.#file = file
    this.#onEnd = onEnd
    this.#start = part.start
    this.#at = part.start
    this.#until = part.start + part.length
  }

  override _read(): void {
    this.#next().catch(error => this.destroy(error))
  }

  async #next(): Promise<void> {
    if (this.#at >= this.#until) {
      this.push(null)
      return
    }
    const bytes = await this.#file.read(this.#at, Math.min(CHUNK, this.#until - this.#at))
    if (this.destroyed) return
    // The length was promised: break the connection rather than end as if this were all.
    if (bytes.length === 0)
      throw new BeError('BE_FILE_CHANGED', `${this.#file.path}: became shorter while it was sent`)
    this.#at += bytes.length
    this.push(bytes)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const sent: Sent = { bytes: this.#at - this.#start }
    if (error instanceof BeError) sent.error = error
    this.#onEnd(sent)
    this.#file.close().then(
      () => done(error),
      () => done(error),
    )
  }
}
