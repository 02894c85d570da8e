import type { Clock } from '../../../net/net.ts'
import { STATUS, StatusError } from '../status.ts'
import { DeepIndex } from './deep-index.ts'
import { type HandleParts, MAX_HASHES } from './handle.ts'
import type { Node } from './node.ts'
import type { Tree } from './tree.ts'
import type { Volume } from './volume.ts'

/** For so long (ms) a handle that was not found is not searched for again; so many of these are remembered. */
const NOT_FOUND_MS = 1000
const MAX_NOT_FOUND = 1024

/** Finds the file of a handle that is not in memory: after a restart, or because its node was dropped. */
export class HandleSearch {
  readonly #tree: Tree
  readonly #clock: Clock
  readonly #deep: DeepIndex
  readonly #running = new Map<string, Promise<Node>>()
  /** When each was not found. */
  readonly #notFound = new Map<string, number>()

  constructor(tree: Tree, clock: Clock) {
    this.#tree = tree
    this.#clock = clock
    this.#deep = new DeepIndex(tree, clock)
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
      const { inode, generation } = node.attributes
      if (inode === parts.inode && generation === parts.generation) return node
      return depth === MAX_HASHES ? this.#deep.find(node, parts) : undefined
    }
    for (const child of await this.#children(node, parts.hashes[depth]!)) {
      const found = await this.#below(child, parts, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The files in a directory with this name hash; none when the directory cannot be read. */
  async #children(dir: Node, hash: number): Promise<Node[]> {
    const children: Node[] = []
    try {
      for (const name of (await this.#tree.listing(dir)).withHash(hash)) {
        const child = await this.#tree.attempt(dir, name)
        if (child !== undefined) children.push(child)
      }
    } catch {
      // It has been removed, or is no directory.
    }
    return children
  }
}
