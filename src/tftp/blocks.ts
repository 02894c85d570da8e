import type { BootFile } from '../boot/files/boot-file.ts'
import { BeError } from '../errors/errors.ts'
import { writeDataHeader } from './packet.ts'

/** Limits of a chunk: bytes of the file, and packets. */
const MAX_CHUNK_BYTES = 256 * 1024
const MAX_CHUNK_PACKETS = 1024
/** The part of these for transfers that begin while there are so many that their chunks might not fit into the cache. */
const CROWDED_PART = 1 / 8
/** Opcode and block number of a DATA packet. */
const HEADER = 4
/** Bytes of the Buffer object of each packet; with small blocks most of what a packet costs. */
const BUFFER_OVERHEAD = 128

/** Consecutive DATA packets in one piece of memory. */
interface Chunk {
  packets: Buffer[]
  /** Memory that it takes, in bytes. */
  size: number
}

/**
 * DATA packets of the files that are being fetched, read and built once for all transfers. A packet depends only
 * on file, blksize and block number, so machines that boot together share them. Holds at most `limit` bytes and
 * drops the least recently used chunks first. A file's version is part of the key, so the next transfer after
 * a change on disk gets the new content.
 */
export class BlockCache {
  readonly limit: number
  readonly #chunks = new Map<string, Chunk>()
  readonly #loading = new Map<string, Promise<Chunk>>()
  #bytes = 0
  /** Transfers that have not ended. */
  #users = 0

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The file's blocks for one transfer. They own the file, and close it. */
  split(file: BootFile, blockSize: number): Blocks {
    const part = ++this.#users * MAX_CHUNK_BYTES > this.limit ? CROWDED_PART : 1
    const perChunk = Math.min(MAX_CHUNK_PACKETS * part, Math.floor((MAX_CHUNK_BYTES * part) / blockSize))
    return new Blocks(this, file, blockSize, Math.max(1, perChunk))
  }

  /** The transfer of these blocks has ended. */
  ended(): void {
    this.#users--
  }

  /** The chunk of this key; made by `make` when it is not there, once for all transfers that wait for it. */
  chunk(key: string, make: () => Promise<Chunk>): Chunk | Promise<Chunk> {
    const ready = this.#chunks.get(key)
    if (ready !== undefined) {
      this.#chunks.delete(key)
      this.#chunks.set(key, ready)
      return ready
    }
    const pending = this.#loading.get(key)
    if (pending !== undefined) return pending
    const loading = make()
      .then(chunk => this.#store(key, chunk))
      .finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading
  }

  #store(key: string, chunk: Chunk): Chunk {
    if (chunk.size > this.limit) return chunk
    this.#chunks.set(key, chunk)
    this.#bytes += chunk.size
    for (const [oldest, old] of this.#chunks) {
      if (this.#bytes <= this.limit) break
      this.#chunks.delete(oldest)
      this.#bytes -= old.size
    }
    return chunk
  }
}

/** One file as numbered DATA packets, for one transfer. Holds the few chunks that its window needs. */
export class Blocks {
  /** DATA packets; the last one is shorter than `blockSize`, maybe empty (RFC 1350, section 6). */
  readonly count: number
  readonly file: BootFile
  readonly blockSize: number
  readonly #cache: BlockCache
  readonly #perChunk: number
  readonly #held = new Map<number, Chunk>()
  readonly #pending = new Set<Promise<unknown>>()

  constructor(cache: BlockCache, file: BootFile, blockSize: number, perChunk: number) {
    this.#cache = cache
    this.file = file
    this.blockSize = blockSize
    this.count = Math.floor(file.size / blockSize) + 1
    this.#perChunk = perChunk
  }

  /** The DATA packet of `block`, counted from 1; undefined when it must be loaded first. */
  packet(block: number): Buffer | undefined {
    const index = this.#chunkOf(block)
    return this.#held.get(index)?.packets[block - 1 - index * this.#perChunk]
  }

  /** Loads the chunk with `block`; undefined when it was in the cache. Rejects with a BeError when the file cannot be read. */
  load(block: number): Promise<void> | undefined {
    const index = this.#chunkOf(block)
    const { path, version } = this.file
    const key = `${index}\0${this.#perChunk}\0${this.blockSize}\0${version}\0${path}`
    const chunk = this.#cache.chunk(key, () => this.#read(index))
    if (!(chunk instanceof Promise)) {
      this.#held.set(index, chunk)
      return undefined
    }
    const loaded = chunk.then(bytes => {
      this.#held.set(index, bytes)
    })
    this.#pending.add(loaded)
    const settled = () => this.#pending.delete(loaded)
    loaded.then(settled, settled)
    return loaded
  }

  /** Drops the chunks before the one with `block`. */
  release(block: number): void {
    if (this.#held.size < 2) return
    const index = this.#chunkOf(block)
    for (const held of this.#held.keys()) if (held < index) this.#held.delete(held)
  }

  /** Drops all chunks: the client may not exist, and they are in the cache as long as there is room. */
  releaseAll(): void {
    this.#held.clear()
  }

  /** Closes the file, after its pending reads, which other transfers may be waiting for. */
  async close(): Promise<void> {
    this.#cache.ended()
    await Promise.allSettled(this.#pending)
    this.#held.clear()
    await this.file.close()
  }

  #chunkOf(block: number): number {
    return Math.floor((block - 1) / this.#perChunk)
  }

  async #read(index: number): Promise<Chunk> {
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
    return buildPackets(data, this.blockSize, index * this.#perChunk + 1, blocks)
  }
}

/** `data` as `blocks` packets, numbered from `first`; all are views of one piece of memory. */
function buildPackets(data: Buffer, blockSize: number, first: number, blocks: number): Chunk {
  const memory = Buffer.allocUnsafeSlow(data.length + blocks * HEADER)
  const packets: Buffer[] = []
  for (let i = 0, at = 0; i < blocks; i++, at += blockSize + HEADER) {
    writeDataHeader(memory, at, first + i)
    data.copy(memory, at + HEADER, i * blockSize, (i + 1) * blockSize)
    packets.push(memory.subarray(at, at + blockSize + HEADER))
  }
  return { packets, size: memory.length + blocks * BUFFER_OVERHEAD }
}
