import type { FileHandle } from '../../root.ts'
import type { Attributes } from './attributes.ts'
import type { Block } from './block-cache.ts'
import type { OpenFile } from './descriptors.ts'
import { encodeHandle, nameHash } from './handle.ts'
import type { Listing } from './listing.ts'
import type { Volume } from './volume.ts'

/** A file, directory or other thing of a volume, as clients know it: by its handle. */
export class Node {
  readonly volume: Volume
  /** Undefined: it is the volume's root. */
  readonly parent: Node | undefined
  readonly name: string
  readonly hashes: readonly number[]
  readonly handle: FileHandle
  /** The handle as a string of bytes, to look it up by. */
  readonly key: string
  attributes: Attributes
  /** When that was so, on Clock.monotonic(). */
  checkedAt: number
  /** It had changed so shortly before that it may change again without a new time stamp. */
  changedRecently = false
  /** Seen when it was opened: something of the same device is mounted here. */
  isMountedOver = false
  /** It was seen that this name is another file's now, or nobody's. */
  isStale = false
  readonly children = new Map<string, Node>()
  refreshing: Promise<Attributes> | undefined
  opened: Promise<OpenFile> | undefined
  listing: Listing | undefined
  blocks: Map<number, Block> | undefined
  /** Where the last read ended: one that goes on there is sequential. */
  readEnd = 0

  constructor(
    volume: Volume,
    parent: Node | undefined,
    name: string,
    attributes: Attributes,
    seenAt: number,
  ) {
    this.volume = volume
    this.parent = parent
    this.name = name
    this.attributes = attributes
    this.checkedAt = seenAt
    this.hashes = parent === undefined ? [] : [...parent.hashes, nameHash(name)]
    const { inode, generation } = attributes
    this.handle = encodeHandle({ volume: volume.id, inode, generation, hashes: [...this.hashes] })
    this.key = this.handle.toString('latin1')
  }

  /** Something is mounted here: what lies in it is not this volume's. */
  get isCovered(): boolean {
    return this.isMountedOver || this.attributes.device !== this.volume.root?.attributes.device
  }

  /** Whether it can still be reached from a root that is served. */
  get isReachable(): boolean {
    if (!this.volume.isExported) return false
    for (let node: Node = this; ; node = node.parent) {
      if (node.isStale) return false
      if (node.parent === undefined) return node === this.volume.root
    }
  }

  isSameFile({ inode, generation, device }: Attributes): boolean {
    const own = this.attributes
    return own.inode === inode && own.generation === generation && own.device === device
  }
}
