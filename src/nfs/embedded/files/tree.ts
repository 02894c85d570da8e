import type { BigIntStats } from 'node:fs'
import type { Clock } from '../../../net/net.ts'
import { STATUS, StatusError, statusOf } from '../status.ts'
import { type Attributes, attributesOf, FILE_TYPE } from './attributes.ts'
import { BlockCache } from './block-cache.ts'
import { ConfinedFiles } from './confined-files.ts'
import type { Listing } from './listing.ts'
import { Listings } from './listings.ts'
import { Node } from './node.ts'
import { fstat, read, readdir, readlink } from './system-calls.ts'
import type { Volume } from './volume.ts'

/** How long (ms) attributes and listings are used without reading them again. Clients cache them for 3 s or more. */
const FRESH_MS = 1000
/** Resolution (ms) of time stamps: contents may change again for so long after a change without a newer stamp. */
const TIMESTAMP_MS = 2000
const NAME_MAX = 255

export interface TreeLimits {
  /** Nodes in memory. */
  nodes: number
  /** Open files and directories. */
  open: number
  /** Bytes of file contents in memory. */
  bytes: number
  /** Names in directory listings in memory. */
  names: number
}

export const LIMITS: TreeLimits = { nodes: 32_768, open: 512, bytes: 64 << 20, names: 250_000 }

/** A cache of the files of all volumes; drops the least recently used nodes. */
export class Tree {
  readonly files: ConfinedFiles
  readonly blocks: BlockCache<Node>
  readonly #clock: Clock
  readonly #limits: TreeLimits
  /** By key, least recently used first. */
  readonly #nodes = new Map<string, Node>()
  readonly #roots = new WeakMap<Volume, Node>()
  readonly #examiningRoots = new Map<Volume, Promise<Node>>()
  readonly #listings: Listings<Node>

  constructor(clock: Clock, limits: TreeLimits = LIMITS, byDescriptor?: boolean) {
    this.#clock = clock
    this.#limits = limits
    this.files = new ConfinedFiles(limits.open, byDescriptor)
    const readFile = (node: Node, into: Buffer, position: number) =>
      this.files.descriptors.use(node, fd => read(fd, into, position))
    this.blocks = new BlockCache(readFile, limits.bytes)
    this.#listings = new Listings(dir => this.#readNames(dir), limits.names)
  }

  /** Number of nodes in memory. */
  get size(): number {
    return this.#nodes.size
  }

  /** The node with this key; undefined if it is not in memory, or not reachable. */
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

  /** The root of a volume. Rejects with StatusError, system errors. */
  async root(volume: Volume): Promise<Node> {
    const cached = this.#roots.get(volume)
    if (cached !== undefined && this.#isFresh(cached)) return cached
    let examining = this.#examiningRoots.get(volume)
    if (examining === undefined) {
      examining = this.#examineRoot(volume).finally(() => this.#examiningRoots.delete(volume))
      this.#examiningRoots.set(volume, examining)
    }
    return examining
  }

  async #examineRoot(volume: Volume): Promise<Node> {
    const attributes = attributesOf(await this.files.statRoot(volume), volume.id)
    const former = this.#roots.get(volume)
    if (former?.isSameFile(attributes) && !former.isStale) return this.#setAttributes(former, attributes)
    if (former !== undefined) this.forget(former)
    const root = this.#add(new Node(volume, undefined, '', attributes, this.#clock.monotonic()))
    this.#roots.set(volume, root)
    return root
  }

  /**
   * The node of a name in a directory, as it was at the time `since` (Clock.monotonic()) or later; default: FRESH_MS ago.
   * Throws StatusError, system errors; or rejects with them.
   */
  child(dir: Node, name: string, since = this.#clock.monotonic() - FRESH_MS): Node | Promise<Node> {
    if (dir.attributes.type !== FILE_TYPE.directory) throw new StatusError(STATUS.notdir)
    if (name === '.') return dir
    if (name === '..') return dir.parent ?? dir
    if (name === '' || name.includes('/') || name.includes('\0')) throw new StatusError(STATUS.acces)
    if (name.length > NAME_MAX) throw new StatusError(STATUS.nametoolong)
    if (dir.isCovered) throw new StatusError(STATUS.noent)
    const cached = dir.children.get(name)
    if (cached !== undefined && !cached.isStale && cached.checkedAt >= since) return cached
    dir.examining ??= new Map()
    let examining = dir.examining.get(name)
    if (examining === undefined) {
      examining = this.#examine(dir, name).finally(() => dir.examining!.delete(name))
      dir.examining.set(name, examining)
    }
    return examining
  }

  /** The same, or undefined if there is no such file, or it cannot be examined. Never rejects. */
  async attempt(dir: Node, name: string, since?: number): Promise<Node | undefined> {
    try {
      return await this.child(dir, name, since)
    } catch {
      return undefined
    }
  }

  async #examine(dir: Node, name: string): Promise<Node> {
    const attributes = await this.attributesOfEntry(dir, name)
    const former = dir.children.get(name)
    if (former?.isSameFile(attributes)) return this.#setAttributes(former, attributes)
    if (former !== undefined) this.forget(former)
    return this.#add(new Node(dir.volume, dir, name, attributes, this.#clock.monotonic()))
  }

  /** The attributes of a name in a directory, of which no node is made. Rejects with StatusError, system errors. */
  async attributesOfEntry(dir: Node, name: string): Promise<Attributes> {
    const stat = await this.files.statEntry(dir, name).catch(error => {
      throw dir.isCovered ? new StatusError(STATUS.noent) : error
    })
    return attributesIn(dir, stat)
  }

  /** The node's attributes, at most FRESH_MS old. Throws StatusError when it is gone, system errors. */
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
      const attributes = attributesIn(node, stat)
      if (node.isSameFile(attributes) && stat.nlink > 0n) {
        return this.#setAttributes(node, attributes).attributes
      }
    } catch (error) {
      if (statusOf(error) !== STATUS.noent && statusOf(error) !== STATUS.notdir) throw error
    }
    this.forget(node)
    throw new StatusError(STATUS.stale)
  }

  /** An open file stays valid when it is renamed, as with the NFS servers of kernels. */
  #stat(node: Node): Promise<BigIntStats> {
    const isOpenFile = node.opened !== undefined && node.attributes.type === FILE_TYPE.file
    return isOpenFile ? this.files.descriptors.use(node, fstat) : this.files.stat(node)
  }

  /**
   * The names in a directory, read again only when it has changed, which is found out by its attributes. Rejects as
   * attributes() does, and with system errors.
   */
  async listing(dir: Node): Promise<Listing> {
    if (dir.attributes.type !== FILE_TYPE.directory) throw new StatusError(STATUS.notdir)
    const { version } = await this.attributes(dir)
    const now = this.#clock.monotonic()
    const cached = this.#listings.cached(dir)
    const { before } = cached ?? {}
    if (before !== undefined && (before.version === version || now - before.readAt < FRESH_MS)) return cached!
    return this.#listings.read(dir, { readAt: now, version: dir.changedRecently ? undefined : version })
  }

  /** None in a covered directory, which may turn out only when it is opened. */
  async #readNames(dir: Node): Promise<string[]> {
    if (dir.isCovered) return []
    return this.files.withDirectory(dir, readdir).catch(error => {
      if (dir.isCovered) return []
      throw error
    })
  }

  /** The text of a symbolic link. */
  readLink({ parent, name }: Node): Promise<Buffer> {
    return this.files.withDirectory(parent!, path => readlink(`${path}/${name}`))
  }

  /** Forgets a node whose name belongs to another file, or to none. */
  forget(node: Node): void {
    node.isStale = true
    this.#release(node)
  }

  /** Forgets all nodes of a volume and closes its files, so that it can be unmounted. */
  drop(volume: Volume): void {
    for (const node of this.#nodes.values()) if (node.volume === volume) this.forget(node)
  }

  #release(node: Node): void {
    if (this.#nodes.get(node.key) === node) this.#nodes.delete(node.key)
    if (node.parent?.children.get(node.name) === node) node.parent.children.delete(node.name)
    this.#listings.drop(node)
    this.blocks.drop(node)
    this.files.descriptors.discard(node)
  }

  #isFresh(node: Node): boolean {
    return !node.isStale && this.#clock.monotonic() - node.checkedAt < FRESH_MS
  }

  /** Sets attributes that were read just now; drops the contents if they may have changed. */
  #setAttributes(node: Node, attributes: Attributes): Node {
    const changed = attributes.version !== node.attributes.version
    if (changed || node.changedRecently) this.blocks.drop(node)
    const age = this.#clock.now() - Number(attributes.changedNs / 1_000_000n)
    node.changedRecently = age < TIMESTAMP_MS
    node.attributes = attributes
    node.checkedAt = this.#clock.monotonic()
    return node
  }

  #add(node: Node): Node {
    this.#setAttributes(node, node.attributes)
    this.#nodes.set(node.key, node)
    node.parent?.children.set(node.name, node)
    for (const oldest of this.#nodes.values()) {
      if (this.#nodes.size <= this.#limits.nodes) break
      if (!oldest.isRoot) this.#release(oldest)
      // Roots are kept, as all other nodes refer to them: this moves them to the end.
      else this.cached(oldest.key)
    }
    return node
  }
}

/**
 * Attributes of a file in the volume of `node`. A directory on which another file system is mounted has a fileid
 * there that cannot be read here; one is made up, so that it does not equal that of a file of the volume.
 */
function attributesIn({ volume, root }: Node, stat: BigIntStats): Attributes {
  if (stat.dev === root.attributes.device) return attributesOf(stat, volume.id)
  const fileid = (1n << 63n) | ((stat.dev & 0x7fffffffn) << 32n) | (stat.ino & 0xffffffffn)
  return attributesOf(stat, volume.id, fileid)
}
