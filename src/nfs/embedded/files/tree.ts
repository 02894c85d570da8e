import type { BigIntStats } from 'node:fs'
import type { Clock } from '../../../net/net.ts'
import { STATUS, StatusError, statusOf } from '../status.ts'
import { type Attributes, attributesOf, FILE_TYPE } from './attributes.ts'
import { BlockCache } from './block-cache.ts'
import { ConfinedFiles } from './confined-files.ts'
import { type Listing, orderNames } from './listing.ts'
import { Node } from './node.ts'
import { fstat, read, readdir, readlink } from './system-calls.ts'
import type { Volume } from './volume.ts'

/** What the host changes is seen by clients after this many milliseconds; they themselves look every 3 s at most. */
const FRESH_MS = 1000
/** A time stamp has a grain: what was changed within it of being read is not known to be as it was read. */
const YOUNG_MS = 2000
const NAME_MAX = 255

export interface TreeLimits {
  /** Files and directories that are known by handle. */
  nodes: number
  /** Open at the same time. */
  open: number
  /** Bytes of files in memory. */
  bytes: number
  /** Directories whose names are in memory. */
  listings: number
}

export const LIMITS: TreeLimits = { nodes: 32_768, open: 512, bytes: 64 << 20, listings: 64 }

/** All that is known of the files of all volumes; the least recently used is forgotten. */
export class Tree {
  readonly files: ConfinedFiles
  readonly blocks: BlockCache
  readonly #clock: Clock
  readonly #limits: TreeLimits
  readonly #nodes = new Map<string, Node>()
  readonly #listed = new Set<Node>()

  constructor(clock: Clock, limits: TreeLimits = LIMITS, byDescriptor?: boolean) {
    this.#clock = clock
    this.#limits = limits
    this.files = new ConfinedFiles(limits.open, byDescriptor)
    const readFile = (node: Node, into: Buffer, position: number) =>
      this.files.descriptors.use(node, fd => read(fd, into, position))
    this.blocks = new BlockCache(readFile, limits.bytes)
  }

  get size(): number {
    return this.#nodes.size
  }

  /** The node with this handle, if it is known and was not seen to be gone. */
  cached(key: string): Node | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    if (!node.isReachable) {
      this.forget(node)
      return undefined
    }
    this.#nodes.delete(key)
    this.#nodes.set(key, node)
    return node
  }

  /** The root of a volume. Throws Refused, system errors. */
  async root(volume: Volume): Promise<Node> {
    const { root } = volume
    if (root !== undefined && this.#isFresh(root)) return root
    const attributes = attributesOf(await this.files.statRoot(volume), volume.id)
    if (root?.isSameFile(attributes) && !root.isStale) return this.#seen(root, attributes)
    if (root !== undefined) this.forget(root)
    volume.root = this.#add(new Node(volume, undefined, '', attributes, this.#clock.monotonic()))
    return volume.root
  }

  /** What `name` is in a directory. Throws Refused, system errors. */
  async child(dir: Node, name: string): Promise<Node> {
    if (dir.attributes.type !== FILE_TYPE.directory) throw new StatusError(STATUS.notdir)
    if (name === '.') return dir
    if (name === '..') return dir.parent ?? dir
    if (name === '' || name.includes('/') || name.includes('\0')) throw new StatusError(STATUS.acces)
    if (name.length > NAME_MAX) throw new StatusError(STATUS.nametoolong)
    if (dir.isCovered) throw new StatusError(STATUS.noent)
    const known = dir.children.get(name)
    if (known !== undefined && this.#isFresh(known)) return known
    const stat = await this.files.statEntry(dir, name).catch(error => {
      throw dir.isCovered ? new StatusError(STATUS.noent) : error
    })
    return this.#adopt(dir, name, stat)
  }

  #adopt(dir: Node, name: string, stat: BigIntStats): Node {
    const attributes = this.#attributes(dir.volume, stat)
    const known = dir.children.get(name)
    if (known?.isSameFile(attributes)) return this.#seen(known, attributes)
    if (known !== undefined) this.forget(known)
    return this.#add(new Node(dir.volume, dir, name, attributes, this.#clock.monotonic()))
  }

  /** A directory that another file system covers has no number here that we could know: one is made up. */
  #attributes(volume: Volume, stat: BigIntStats): Attributes {
    if (stat.dev === volume.root?.attributes.device) return attributesOf(stat, volume.id)
    const fileid = (1n << 63n) | ((stat.dev & 0x7fffffffn) << 32n) | (stat.ino & 0xffffffffn)
    return attributesOf(stat, volume.id, fileid)
  }

  /** How the node is now, or was a moment ago. Throws Refused when it is gone. */
  attributes(node: Node): Attributes | Promise<Attributes> {
    if (this.#isFresh(node)) return node.attributes
    node.refreshing ??= this.#refresh(node).finally(() => {
      node.refreshing = undefined
    })
    return node.refreshing
  }

  async #refresh(node: Node): Promise<Attributes> {
    try {
      const stat = await this.#stat(node)
      const attributes = this.#attributes(node.volume, stat)
      if (node.isSameFile(attributes) && stat.nlink > 0n) return this.#seen(node, attributes).attributes
    } catch (error) {
      if (statusOf(error) !== STATUS.noent && statusOf(error) !== STATUS.notdir) throw error
    }
    this.forget(node)
    throw new StatusError(STATUS.stale)
  }

  /** An open file goes on under whatever name, as it does for kernels' NFS servers. */
  #stat(node: Node): Promise<BigIntStats> {
    const isOpenFile = node.opened !== undefined && node.attributes.type === FILE_TYPE.file
    return isOpenFile ? this.files.descriptors.use(node, fstat) : this.files.stat(node)
  }

  /** Names of a directory. Throws as attributes() does, and system errors. */
  async listing(dir: Node): Promise<Listing> {
    if (dir.attributes.type !== FILE_TYPE.directory) throw new StatusError(STATUS.notdir)
    const now = this.#clock.monotonic()
    if (dir.listing !== undefined && now - dir.listing.at < FRESH_MS) return dir.listing
    dir.listing = orderNames(await this.#names(dir), now)
    this.#listed.delete(dir)
    this.#listed.add(dir)
    for (const oldest of this.#listed) {
      if (this.#listed.size <= this.#limits.listings) break
      this.#listed.delete(oldest)
      oldest.listing = undefined
    }
    return dir.listing
  }

  async #names(dir: Node): Promise<string[]> {
    if (dir.isCovered) return []
    return this.files.withDirectory(dir, readdir).catch(error => {
      if (dir.isCovered) return []
      throw error
    })
  }

  /** What a symbolic link says. */
  linkText({ parent, name }: Node): Promise<Buffer> {
    return this.files.withDirectory(parent!, at => readlink(`${at}/${name}`))
  }

  /** Forgets a node: its name is another's, or room is needed. */
  forget(node: Node): void {
    node.isStale = true
    this.#release(node)
  }

  /** Forgets all of a volume, and holds nothing of it open: it can be unmounted. */
  drop(volume: Volume): void {
    for (const node of this.#nodes.values()) if (node.volume === volume) this.forget(node)
  }

  #release(node: Node): void {
    if (this.#nodes.get(node.key) === node) this.#nodes.delete(node.key)
    if (node.parent?.children.get(node.name) === node) node.parent.children.delete(node.name)
    this.#listed.delete(node)
    node.listing = undefined
    this.blocks.drop(node)
    this.files.descriptors.discard(node)
  }

  #isFresh(node: Node): boolean {
    return !node.isStale && this.#clock.monotonic() - node.checkedAt < FRESH_MS
  }

  #seen(node: Node, attributes: Attributes): Node {
    const changed = attributes.version !== node.attributes.version
    if (changed || node.changedRecently) this.blocks.drop(node)
    node.changedRecently = this.#clock.now() - Number(attributes.changedNs / 1_000_000n) < YOUNG_MS
    node.attributes = attributes
    node.checkedAt = this.#clock.monotonic()
    return node
  }

  #add(node: Node): Node {
    this.#seen(node, node.attributes)
    this.#nodes.set(node.key, node)
    node.parent?.children.set(node.name, node)
    for (const oldest of this.#nodes.values()) {
      if (this.#nodes.size <= this.#limits.nodes) break
      if (oldest.parent !== undefined) this.#release(oldest)
      // A root is what all others hang on: it goes to the end of the row.
      else this.cached(oldest.key)
    }
    return node
  }
}
