/** A block of a file. */
export interface Block {
  file: CachedFile
  /** Position in the file, in blocks. */
  index: number
  /** Bytes that count towards the limit. */
  size: number
  /** The contents; shorter than `size` when the file is. Never changed. */
  data: Buffer | Promise<Buffer>
}

/** A file whose contents can be cached; `blocks` and `readEnd` are managed by BlockCache. */
export interface CachedFile {
  readonly attributes: { readonly size: number }
  blocks: Map<number, Block> | undefined
  /** Where the last read ended; one that starts there is sequential. */
  readEnd: number
}

/** One read of the disk serves 256 reads of FreeBSD's loader, and is a quarter of one of Linux' kernel. */
export const BLOCK_SIZE = 256 << 10

/** Fills `into` with the file's contents from `position` on; returns how many bytes there were. */
export type ReadFile<File> = (file: File, into: Buffer, position: number) => Promise<number>

/** Contents of files, with read-ahead for sequential reads; drops the least recently used blocks. */
export class BlockCache<File extends CachedFile> {
  readonly #read: ReadFile<File>
  readonly #max: number
  /** Least recently used first. */
  readonly #all = new Set<Block>()
  #bytes = 0
  /** The most recently used one, which need not be moved to the end. */
  #latest: Block | undefined

  /** `max`: how many bytes are kept. */
  constructor(read: ReadFile<File>, max: number) {
    this.#read = read
    this.#max = max
  }

  /**
   * The contents from `offset` up to `end`, which lies within the size in the file's attributes; less if the file
   * has become shorter since.
   */
  async read(file: File, offset: number, end: number): Promise<Buffer[]> {
    const isSequential = offset === file.readEnd
    file.readEnd = end
    const first = Math.floor(offset / BLOCK_SIZE)
    const last = Math.floor((end - 1) / BLOCK_SIZE)
    const blocks: Block[] = []
    for (let index = first; index <= last; index++) blocks.push(this.#block(file, index))
    if (isSequential) this.#readAhead(file, last + 1, last - first + 1)
    const pieces: Buffer[] = []
    for (const { index, data } of blocks) {
      const start = index * BLOCK_SIZE
      const piece = Buffer.isBuffer(data) ? data : await data
      pieces.push(piece.subarray(Math.max(0, offset - start), end - start))
      if (piece.length < BLOCK_SIZE) break
    }
    return pieces
  }

  /** Drops all blocks of a file. */
  drop(file: File): void {
    for (const block of file.blocks?.values() ?? []) this.#remove(block)
    file.blocks = undefined
  }

  #readAhead(file: File, from: number, count: number): void {
    const blocks = Math.ceil(file.attributes.size / BLOCK_SIZE)
    for (let index = from; index < Math.min(from + count, blocks); index++) this.#block(file, index)
  }

  #block(file: File, index: number): Block {
    const cached = file.blocks?.get(index)
    if (cached === undefined) return this.#load(file, index)
    if (cached !== this.#latest) {
      this.#all.delete(cached)
      this.#all.add(cached)
      this.#latest = cached
    }
    return cached
  }

  #load(file: File, index: number): Block {
    const size = Math.min(BLOCK_SIZE, file.attributes.size - index * BLOCK_SIZE)
    const into = Buffer.allocUnsafeSlow(size)
    const loading = this.#read(file, into, index * BLOCK_SIZE).then(length => into.subarray(0, length))
    const block: Block = { file, index, size, data: loading }
    loading.then(
      data => {
        block.data = data
      },
      () => {
        if (file.blocks?.get(index) === block) file.blocks.delete(index)
        this.#remove(block)
      },
    )
    file.blocks ??= new Map()
    file.blocks.set(index, block)
    this.#all.add(block)
    this.#bytes += size
    this.#latest = block
    this.#limit()
    return block
  }

  #limit(): void {
    for (const block of this.#all) {
      if (this.#bytes <= this.#max || this.#all.size === 1) return
      block.file.blocks?.delete(block.index)
      this.#remove(block)
    }
  }

  #remove(block: Block): void {
    if (this.#all.delete(block)) this.#bytes -= block.size
  }
}
