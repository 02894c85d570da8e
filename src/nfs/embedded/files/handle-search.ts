import type { Clock } from '../../../net/net.ts'
import { STATUS, StatusError } from '../status.ts'
import { FILE_TYPE } from './attributes.ts'
import { type HandleParts, MAX_HASHES, nameHash } from './handle.ts'
import type { Node } from './node.ts'
import type { Tree } from './tree.ts'
import type { Volume } from './volume.ts'

/** For so long (ms) a handle that was not found is not searched for again; so many of these are remembered. */
const NOT_FOUND_MS = 1000
const MAX_NOT_FOUND = 1024
/** Files examined below the last level for which a handle has a hash. */
const MAX_DEEP = 20_000

/** Finds the file of a handle that is not in memory: after a restart, or because its node was dropped. */
export class HandleSearch {
  readonly #tree: Tree
  readonly #clock: Clock
  readonly #running = new Map<string, Promise<Node>>()
  /** When each was not found. */
  readonly #notFound = new Map<string, number>()

  constructor(tree: Tree, clock: Clock) {
    this.#tree = tree
    this.#clock = clock
  }

  /** `key`: see Node.key. Throws StatusError (STALE) when there is no such file. */
  find(volume: Volume, parts: HandleParts, key: string): Promise<Node> {
    const notFoundAt = this.#notFound.get(key)
    if (notFoundAt !== undefined && this.#clock.monotonic() - notFoundAt < NOT_FOUND_MS) {
      throw new StatusError(STATUS.stale)
    }
    let search = this.#running.get(key)
    if (search === undefined) {
      search = this.#search(volume, parts, key).finally(() => this.#running.delete(key))
      this.#running.set(key, search)
    }
    return search
  }

  async #search(volume: Volume, parts: HandleParts, key: string): Promise<Node> {
    const root = await this.#tree.root(volume).catch(() => undefined)
    const found = root && (await this.#below(root, parts, 0))
    if (found !== undefined) return found
    this.#notFound.delete(key)
    this.#notFound.set(key, this.#clock.monotonic())
    if (this.#notFound.size > MAX_NOT_FOUND) this.#notFound.delete(this.#notFound.keys().next().value!)
    throw new StatusError(STATUS.stale)
  }

  /** Follows the hashes down; two names with the same hash are rare, so the search hardly branches. */
  async #below(node: Node, parts: HandleParts, depth: number): Promise<Node | undefined> {
    if (depth === parts.hashes.length) {
      if (isFileOf(parts, node)) return node
      return depth === MAX_HASHES ? this.#deepBelow(node, parts) : undefined
    }
    for (const child of await this.#children(node, parts.hashes[depth]!)) {
      const found = await this.#below(child, parts, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Searches all that lies below, level by level. */
  async #deepBelow(top: Node, parts: HandleParts): Promise<Node | undefined> {
    const directories = [top]
    for (let examined = 0; examined < MAX_DEEP; ) {
      const dir = directories.shift()
      if (dir === undefined) return undefined
      for (const child of await this.#children(dir)) {
        if (isFileOf(parts, child)) return child
        if (child.attributes.type === FILE_TYPE.directory) directories.push(child)
        examined++
      }
    }
    return undefined
  }

  /** The files in a directory, with this name hash if given; none when the directory cannot be read. */
  async #children(dir: Node, hash?: number): Promise<Node[]> {
    try {
      const { names } = await this.#tree.listing(dir)
      const wanted = hash === undefined ? names : names.filter(name => nameHash(name) === hash)
      const children = wanted.map(name => this.#tree.child(dir, name).catch(() => undefined))
      return (await Promise.all(children)).filter(child => child !== undefined)
    } catch {
      return []
    }
  }
}

const isFileOf = ({ inode, generation }: HandleParts, { attributes }: Node): boolean =>
  attributes.inode === inode && attributes.generation === generation
