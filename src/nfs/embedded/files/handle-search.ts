import type { Clock } from '../../../net/net.ts'
import { STATUS, StatusError } from '../status.ts'
import { FILE_TYPE } from './attributes.ts'
import { type HandleParts, MOST_HASHES, nameHash } from './handle.ts'
import type { Node } from './node.ts'
import type { Tree } from './tree.ts'
import type { Volume } from './volume.ts'

/** For so long a handle that led nowhere is not searched for again, and so many of them are remembered. */
const LOST_MS = 1000
const MOST_LOST = 1024
/** Handles do not tell the way further down; so many things are looked at there at most. */
const MOST_DEEP = 20_000

/** Finds what a handle stands for that nothing is remembered of: after a restart, or for want of room. */
export class HandleSearch {
  readonly #tree: Tree
  readonly #clock: Clock
  readonly #searching = new Map<string, Promise<Node>>()
  readonly #lost = new Map<string, number>()

  constructor(tree: Tree, clock: Clock) {
    this.#tree = tree
    this.#clock = clock
  }

  /** `key`: the handle as a string of bytes. Throws Refused: STALE when there is no such file any more. */
  find(volume: Volume, parts: HandleParts, key: string): Promise<Node> {
    const lostAt = this.#lost.get(key)
    if (lostAt !== undefined && this.#clock.monotonic() - lostAt < LOST_MS)
      throw new StatusError(STATUS.stale)
    let search = this.#searching.get(key)
    if (search === undefined) {
      search = this.#search(volume, parts, key).finally(() => this.#searching.delete(key))
      this.#searching.set(key, search)
    }
    return search
  }

  async #search(volume: Volume, parts: HandleParts, key: string): Promise<Node> {
    const root = await this.#tree.root(volume).catch(() => undefined)
    const found = root && (await this.#below(root, parts, 0))
    if (found !== undefined) return found
    this.#lost.delete(key)
    this.#lost.set(key, this.#clock.monotonic())
    if (this.#lost.size > MOST_LOST) this.#lost.delete(this.#lost.keys().next().value!)
    throw new StatusError(STATUS.stale)
  }

  /** Two names with one hash are rare: the wrong way is gone, too, and ends soon. */
  async #below(node: Node, parts: HandleParts, depth: number): Promise<Node | undefined> {
    if (depth === parts.hashes.length) {
      if (meant(node, parts)) return node
      return depth === MOST_HASHES ? this.#deep(node, parts) : undefined
    }
    for (const child of await this.#children(node, parts.hashes[depth]!)) {
      const found = await this.#below(child, parts, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** All that lies below, level by level. */
  async #deep(top: Node, parts: HandleParts): Promise<Node | undefined> {
    const ahead = [top]
    for (let looked = 0; looked < MOST_DEEP; ) {
      const dir = ahead.shift()
      if (dir === undefined) return undefined
      for (const child of await this.#children(dir)) {
        if (meant(child, parts)) return child
        if (child.attributes.type === FILE_TYPE.directory) ahead.push(child)
        looked++
      }
    }
    return undefined
  }

  /** What is in a directory, of one hash only if given; nothing when that cannot be told. */
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

const meant = ({ attributes }: Node, { inode, generation }: HandleParts): boolean =>
  attributes.inode === inode && attributes.generation === generation
