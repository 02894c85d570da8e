import type { FileHandle } from '../../root.ts'
import type { Attributes } from './attributes.ts'
import type { Block, CachedFile } from './block-cache.ts'
import type { Openable, OpenFile } from './descriptors.ts'
import { encodeHandle, nameHash } from './handle.ts'
import type { Listing } from './listing.ts'
import type { Listable } from './listings.ts'
import type { Volume } from './volume.ts'

/** A file, directory or other object of a volume that clients have a handle of. */
export class Node implements Openable, CachedFile, Listable {
  readonly volume: Volume
  /** Undefined: it is the volume's root. */
  readonly parent: Node | undefined
  readonly root: Node
  /** One character for each byte (see system-calls.ts). */
  readonly name: string
  readonly hashes: readonly number[]
  readonly handle: FileHandle
  /** The handle as a string, one character for each byte, for maps. */
  readonly key: string
  attributes: Attributes
  /** When the attributes were read, by Clock.monotonic(). */
  checkedAt: number
  /** It had changed so shortly before that a further change may leave the time stamps as they are. */
  changedRecently = false
  /** Another directory of the same device is mounted on it, which was found out when it was opened. */
  isMountedOver = false
  /** Its name belongs to another file now, or to none. */
  isStale = false
  /** Of a root: the id of the mount that it lies on (proc_pid_fdinfo(5)), once it was opened. */
  mountId: string | undefined
  /** Made when first used: most nodes are files, and an empty map takes as much memory as all else. */
  #children: Map<string, Node> | undefined
  /** Children that are being examined. */
  examining: Map<string, Promise<Node>> | undefined
  refreshing: Promise<Attributes> | undefined
  opened: Promise<OpenFile> | undefined
  listing: Listing | undefined
  listingRead: Promise<Listing> | undefined
  blocks: Map<number, Block> | undefined
  readEnd = 0

  constructor(
    volume: Volume,
    parent: Node | undefined,
    name: string,
    attributes: Attributes,
    checkedAt: number,
  ) {
    this.volume = volume
    this.parent = parent
    this.root = parent?.root ?? this
    this.name = name
    this.attributes = attributes
    this.checkedAt = checkedAt
    this.hashes = parent === undefined ? [] : [...parent.hashes, nameHash(name)]
    const { inode, generation } = attributes
    this.handle = encodeHandle({ volume: volume.id, inode, generation, hashes: [...this.hashes] })
    this.key = this.handle.toString('latin1')
  }

  /** By name; those in memory. */
  get children(): Map<string, Node> {
    this.#children ??= new Map()
    return this.#children
  }

  get isRoot(): boolean {
    return this.parent === undefined
  }

  /** Whether another file system or directory is mounted on it: what lies in that is not part of the volume. */
  get isCovered(): boolean {
    return this.isMountedOver || this.attributes.device !== this.root.attributes.device
  }

  /** Whether it can still be reached from the root of an exported volume. */
  get isReachable(): boolean {
    if (!this.volume.isExported) return false
    for (let node: Node | undefined = this; node !== undefined; node = node.parent) {
      if (node.isStale) return false
    }
    return true
  }

  /** Whether these are attributes of this file, and not of another one with its name. */
  isSameFile({ inode, generation, device }: Attributes): boolean {
    const own = this.attributes
    return own.inode === inode && own.generation === generation && own.device === device
  }
}
