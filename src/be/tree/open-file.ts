import { type BigIntStats, closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { type Place, systemError } from './walk.ts'

const PIECE_BYTES = 64 * 1024

const readAt = promisify(read)

/** NONBLOCK: opening a pipe must not wait for a writer. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A regular file of a tree, open for reading. */
export class OpenFile {
  readonly stat: BigIntStats
  readonly #fd: number
  #reads = 0
  #isClosed = false

  constructor(fd: number, stat: BigIntStats) {
    this.#fd = fd
    this.stat = stat
  }

  /** Fills `into` from `position` on; resolves with the number of bytes, fewer only at the end of the file. */
  async read(into: Buffer, position: number, length = into.length): Promise<number> {
    if (this.#isClosed) throw systemError('EBADF', 'the file is closed')
    this.#reads++
    try {
      let have = 0
      while (have < length) {
        const { bytesRead } = await readAt(this.#fd, into, have, length - have, position + have)
        if (bytesRead === 0) break
        have += bytesRead
      }
      return have
    } finally {
      if (--this.#reads === 0 && this.#isClosed) closeSync(this.#fd)
    }
  }

  /** Its first bytes. */
  headSync(bytes: number): Buffer {
    const buffer = Buffer.alloc(Math.min(bytes, Number(this.stat.size)))
    let have = 0
    for (let got = -1; got !== 0 && have < buffer.length; have += got) {
      got = readSync(this.#fd, buffer, have, buffer.length - have, have)
    }
    return buffer.subarray(0, have)
  }

  /** The bytes from `start` up to `end`. Closing the file ends the stream with an error. */
  stream(start: number, end = Number(this.stat.size)): Readable {
    return process
      .getBuiltinModule('node:stream')
      .Readable.from(this.#pieces(start, end), { objectMode: false })
  }

  async *#pieces(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, end - at))
      const length = await this.read(piece, at)
      if (length === 0) return
      yield piece.subarray(0, length)
      at += length
    }
  }

  /** Closes it when reads that are under way have ended: the number of the descriptor is used again at once. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#reads === 0) closeSync(this.#fd)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/**
 * Opens the regular file at a place; undefined for anything else. Devices and pipes are not opened, which might have
 * effects. Called during a walk (walk.ts). Throws system errors.
 */
export function openPlace({ name, stat }: Place): OpenFile | undefined {
  if (!stat?.isFile()) return undefined
  const fd = openSync(name, FLAGS)
  try {
    const opened = fstatSync(fd, { bigint: true })
    if (opened.isFile()) return new OpenFile(fd, opened)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  closeSync(fd)
  return undefined
}
