import type { BootFile } from '../boot/files.ts'
import { BeError } from '../errors.ts'
import { writeDataHeader } from './packet.ts'

/** Bytes that are read at once. */
const CHUNK = 256 * 1024
const HEADER = 4

/**
 * DATA packets of the files that are being fetched, read once and cut once for all who want them. A
 * packet depends on nothing but file, blksize and block number, so machines that boot together are sent the
 * very same bytes. Holds at most `limit` bytes, the least recently used go first; a file's version is part of
 * the key, so a change on disk is seen by the next transfer.
 */
export class BlockCache {
  readonly limit: number
  readonly #chunks = new Map<string, Buffer>()
  readonly #loading = new Map<string, Promise<Buffer>>()
  #bytes = 0

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The file's blocks for one transfer, which owns the file from now on. */
  cut(file: BootFile, blockSize: number): Blocks {
    return new Blocks(this, file, blockSize)
  }

  /** A chunk by its key, or what `make` makes; asked for by several at once, it is made once. */
  chunk(key: string, make: () => Promise<Buffer>): Buffer | Promise<Buffer> {
    const ready = this.#chunks.get(key)
    if (ready !== undefined) {
      this.#chunks.delete(key)
      this.#chunks.set(key, ready)
      return ready
    }
    const underWay = this.#loading.get(key)
    if (underWay !== undefined) return underWay
    const loading = make()
      .then(chunk => this.#keep(key, chunk))
      .finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading
  }

  #keep(key: string, chunk: Buffer): Buffer {
    if (chunk.length > this.limit) return chunk
    this.#chunks.set(key, chunk)
    this.#bytes += chunk.length
    for (const [oldest, old] of this.#chunks) {
      if (this.#bytes <= this.limit) break
      this.#chunks.delete(oldest)
      this.#bytes -= old.length
    }
    return chunk
  }
}

/** One file as numbered DATA packets, for one transfer. It holds on to the few chunks in its window. */
export class Blocks {
  /** DATA packets; the last one is shorter than `blockSize`, maybe empty (RFC 1350, section 6). */
  readonly count: number
  readonly file: BootFile
  readonly blockSize: number
  readonly #cache: BlockCache
  readonly #perChunk: number
  readonly #held = new Map<number, Buffer>()
  readonly #pending = new Set<Promise<unknown>>()

  constructor(cache: BlockCache, file: BootFile, blockSize: number) {
    this.#cache = cache
    this.file = file
    this.blockSize = blockSize
    this.count = Math.floor(file.size / blockSize) + 1
    this.#perChunk = Math.max(1, Math.floor(CHUNK / blockSize))
  }

  /** The DATA packet of `block`, from 1; undefined: `load` it first. */
  packet(block: number): Buffer | undefined {
    const index = this.#chunkOf(block)
    const chunk = this.#held.get(index)
    if (chunk === undefined) return undefined
    const at = (block - 1 - index * this.#perChunk) * (this.blockSize + HEADER)
    return chunk.subarray(at, at + this.blockSize + HEADER)
  }

  /** Gets the chunk with `block` ready. Undefined: it is. Rejects with a BeError when the file cannot be read. */
  load(block: number): Promise<void> | undefined {
    const index = this.#chunkOf(block)
    const { path, version } = this.file
    const key = `${index}\0${this.blockSize}\0${version}\0${path}`
    const chunk = this.#cache.chunk(key, () => this.#read(index))
    if (Buffer.isBuffer(chunk)) {
      this.#held.set(index, chunk)
      return undefined
    }
    const loaded = chunk.then(bytes => {
      this.#held.set(index, bytes)
    })
    this.#pending.add(loaded)
    const over = () => this.#pending.delete(loaded)
    loaded.then(over, over)
    return loaded
  }

  /** Lets go of all chunks before the one with `block`. */
  release(block: number): void {
    if (this.#held.size < 2) return
    const index = this.#chunkOf(block)
    for (const held of this.#held.keys()) if (held < index) this.#held.delete(held)
  }

  /** Closes the file, after reads that others may be waiting for too. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#pending)
    this.#held.clear()
    await this.file.close()
  }

  #chunkOf(block: number): number {
    return Math.floor((block - 1) / this.#perChunk)
  }

  async #read(index: number): Promise<Buffer> {
    const from = index * this.#perChunk * this.blockSize
    const length = Math.min(this.#perChunk * this.blockSize, this.file.size - from)
    const data = await this.file.read(from, length)
    if (data.length !== length) {
      throw new BeError('BE_FILE_CHANGED', `${this.file.path}: became shorter while it was sent`, {
        exit: 'tryAgain',
        hint: 'replace boot files by renaming a complete new file over the old one',
      })
    }
    const blocks = Math.min(this.#perChunk, this.count - index * this.#perChunk)
    const cut = Buffer.allocUnsafeSlow(data.length + blocks * HEADER)
    for (let i = 0; i < blocks; i++) {
      const at = i * (this.blockSize + HEADER)
      writeDataHeader(cut, at, index * this.#perChunk + i + 1)
      data.copy(cut, at + HEADER, i * this.blockSize, (i + 1) * this.blockSize)
    }
    return cut
  }
}
