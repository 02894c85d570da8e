import type { Clock } from '../../../net/net.ts'
import { type Attributes, FILE_TYPE } from './attributes.ts'
import type { HandleParts } from './handle.ts'
import type { Node } from './node.ts'
import type { Tree } from './tree.ts'

/** Files that are examined below a directory. */
const MAX_FILES = 20_000
/** Files that are examined at the same time. */
const AT_ONCE = 16
/**
 * An index is used for so long (ms), and so many times as long as making it took: whatever handles clients send, making
 * them takes a twentieth of the time.
 */
const FRESH_MS = 1000
const FRESH_FACTOR = 20
/** Indexes in memory. */
const MAX_INDEXES = 4

interface Place {
  dir: Node
  name: string
}

interface Index {
  top: Node
  /** By keyOf(). */
  files: Promise<ReadonlyMap<string, Place>>
  /** When it is made anew, by Clock.monotonic(). */
  until: number
}

/**
 * Finds files deeper than handles have hashes for, by inode and generation: indexes all that lies below a directory, once
 * for all who search there.
 */
export class DeepIndex {
  readonly #tree: Tree
  readonly #clock: Clock
  /** Oldest first. */
  #indexes: Index[] = []
  /** The last index that was begun: they are made one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(tree: Tree, clock: Clock) {
    this.#tree = tree
    this.#clock = clock
  }

  /** Undefined: there is no such file below `top`. Never rejects. */
  async find(top: Node, parts: HandleParts): Promise<Node | undefined> {
    const place = (await this.#filesBelow(top)).get(keyOf(parts))
    if (place === undefined) return undefined
    const node = await this.#tree.attempt(place.dir, place.name)
    return node !== undefined && keyOf(node.attributes) === keyOf(parts) ? node : undefined
  }

  #filesBelow(top: Node): Promise<ReadonlyMap<string, Place>> {
    const known = this.#indexes.find(index => index.top === top)
    if (known !== undefined && this.#clock.monotonic() < known.until) return known.files
    const files = this.#last.then(() => this.#walk(top, index))
    const index: Index = { top, files, until: Number.POSITIVE_INFINITY }
    this.#last = files
    this.#indexes = [...this.#indexes.filter(one => one !== known), index].slice(-MAX_INDEXES)
    return files
  }

  /** Level by level. Files that cannot be examined are left out. */
  async #walk(top: Node, index: Index): Promise<ReadonlyMap<string, Place>> {
    const began = this.#clock.monotonic()
    const files = new Map<string, Place>()
    const directories = [top]
    while (directories.length > 0 && files.size < MAX_FILES && top.volume.isExported) {
      directories.push(...(await this.#addFiles(directories.shift()!, files)))
    }
    const now = this.#clock.monotonic()
    index.until = now + Math.max(FRESH_MS, FRESH_FACTOR * (now - began))
    return files
  }

  /** Returns the directories among them. */
  async #addFiles(dir: Node, files: Map<string, Place>): Promise<Node[]> {
    const directories: Node[] = []
    const add = async (name: string) => {
      const attributes = await this.#tree.attributesOfEntry(dir, name)
      files.set(keyOf(attributes), { dir, name })
      if (attributes.type === FILE_TYPE.directory) directories.push(await this.#tree.child(dir, name))
    }
    const { names } = await this.#tree.listing(dir).catch(() => ({ names: [] }))
    for (let from = 0; from < names.length && files.size < MAX_FILES; from += AT_ONCE) {
      await Promise.allSettled(names.slice(from, from + AT_ONCE).map(add))
    }
    return directories
  }
}

const keyOf = ({ inode, generation }: Pick<Attributes, 'inode' | 'generation'>): string =>
  `${inode} ${generation}`
