import type { Node } from './node.ts'

/** A piece of a file in memory. */
export interface Block {
  node: Node
  index: number
  /** Counted against the limit. */
  size: number
  /** What the file holds there, once it is read; shorter when the file is. Never changed afterwards. */
  data: Buffer | Promise<Buffer>
}

/** One read of the disk for 256 reads of FreeBSD's loader, and a quarter of one of Linux' kernel. */
export const BLOCK_SIZE = 256 << 10

/** Reads a file from `position` on into all of `into`, if it is that long; answers how much there was. */
export type ReadFile = (node: Node, into: Buffer, position: number) => Promise<number>

/** Contents of files that are read often, or on and on; the least recently used are dropped. */
export class BlockCache {
  readonly #read: ReadFile
  readonly #most: number
  readonly #all = new Set<Block>()
  #bytes = 0
  #latest: Block | undefined

  /** `most`: how many bytes are kept. */
  constructor(read: ReadFile, most: number) {
    this.#read = read
    this.#most = most
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes from `offset` up to `end`, which lies within the file's size; less if it has become shorter since. */
  async read(node: Node, offset: number, end: number): Promise<Buffer[]> {
    const sequential = offset === node.readEnd
    node.readEnd = end
    const first = Math.floor(offset / BLOCK_SIZE)
    const last = Math.floor((end - 1) / BLOCK_SIZE)
    const blocks: Block[] = []
    for (let index = first; index <= last; index++) blocks.push(this.#block(node, index))
    if (sequential) this.#readAhead(node, last + 1, last - first + 1)
    const pieces: Buffer[] = []
    for (const { index, data } of blocks) {
      const start = index * BLOCK_SIZE
      const piece = Buffer.isBuffer(data) ? data : await data
      pieces.push(piece.subarray(Math.max(0, offset - start), end - start))
      if (piece.length < BLOCK_SIZE) break
    }
    return pieces
  }

  /** Forgets what it knows of a file. */
  drop(node: Node): void {
    for (const block of node.blocks?.values() ?? []) this.#forget(block)
    node.blocks = undefined
  }

  #readAhead(node: Node, from: number, count: number): void {
    const blocks = Math.ceil(node.attributes.size / BLOCK_SIZE)
    for (let index = from; index < Math.min(from + count, blocks); index++) this.#block(node, index)
  }

  #block(node: Node, index: number): Block {
    const known = node.blocks?.get(index)
    if (known === undefined) return this.#load(node, index)
    if (known !== this.#latest) {
      this.#all.delete(known)
      this.#all.add(known)
      this.#latest = known
    }
    return known
  }

  #load(node: Node, index: number): Block {
    const size = Math.min(BLOCK_SIZE, node.attributes.size - index * BLOCK_SIZE)
    const into = Buffer.allocUnsafeSlow(size)
    const loading = this.#read(node, into, index * BLOCK_SIZE).then(have => into.subarray(0, have))
    const block: Block = { node, index, size, data: loading }
    loading.then(
      data => {
        block.data = data
      },
      () => {
        if (node.blocks?.get(index) === block) node.blocks.delete(index)
        this.#forget(block)
      },
    )
    node.blocks ??= new Map()
    node.blocks.set(index, block)
    this.#all.add(block)
    this.#bytes += size
    this.#latest = block
    this.#limit()
    return block
  }

  #limit(): void {
    for (const block of this.#all) {
      if (this.#bytes <= this.#most || this.#all.size === 1) return
      block.node.blocks?.delete(block.index)
      this.#forget(block)
    }
  }

  #forget(block: Block): void {
    if (this.#all.delete(block)) this.#bytes -= block.size
  }
}
