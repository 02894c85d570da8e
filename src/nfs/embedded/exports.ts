import type { Clock } from '../../net/net.ts'
import type { FileHandle } from '../root.ts'
import type { Share } from '../share-list.ts'
import { decodeHandle } from './files/handle.ts'
import { HandleSearch } from './files/handle-search.ts'
import type { Node } from './files/node.ts'
import type { Tree } from './files/tree.ts'
import { Volume } from './files/volume.ts'
import { STATUS, StatusError } from './status.ts'

/** What is shared now, asked at each call: a `be` that runs beside changes it. The same list: nothing changed. */
export type CurrentShares = () => readonly Share[]

/** The volumes that are served, and the way from a handle into one. */
export class Exports {
  readonly tree: Tree
  readonly #sharesNow: CurrentShares
  readonly #search: HandleSearch
  #shares: readonly Share[] = []
  #volumes = new Map<number, Volume>()

  constructor(tree: Tree, clock: Clock, sharesNow: CurrentShares) {
    this.tree = tree
    this.#search = new HandleSearch(tree, clock)
    this.#sharesNow = sharesNow
  }

  /** All that is served now. */
  all(): Iterable<Volume> {
    this.#update()
    return this.#volumes.values()
  }

  /** The volume that is mounted by this path (a string of bytes, without a slash at its end). */
  byPath(path: string): Volume | undefined {
    for (const volume of this.all()) if (volume.path === path) return volume
    return undefined
  }

  /**
   * What a handle stands for. Throws Refused: BADHANDLE for what is none of ours, STALE for what is gone or
   * not shared any more, ACCES for a client that may not see it.
   */
  find(handle: FileHandle, client: string): Node | Promise<Node> {
    this.#update()
    const key = handle.toString('latin1')
    const node = this.tree.cached(key)
    if (node !== undefined) {
      if (node.volume.admits(client)) return node
      throw new StatusError(STATUS.acces)
    }
    const parts = decodeHandle(handle)
    if (parts === undefined) throw new StatusError(STATUS.badhandle)
    const volume = this.#volumes.get(parts.volume)
    if (volume === undefined) throw new StatusError(STATUS.stale)
    if (!volume.admits(client)) throw new StatusError(STATUS.acces)
    return this.#search.find(volume, parts, key)
  }

  /** Serves nothing any more, and holds nothing open. */
  close(): void {
    for (const volume of this.#volumes.values()) this.#end(volume)
    this.#volumes = new Map()
  }

  /** A state that cannot be read (locked, damaged) changes nothing. */
  #update(): void {
    let shares: readonly Share[]
    try {
      shares = this.#sharesNow()
    } catch {
      return
    }
    if (shares === this.#shares) return
    this.#shares = shares
    const before = this.#volumes
    this.#volumes = new Map()
    for (const share of shares) {
      for (const { path, id } of [share, ...(share.children ?? [])])
        this.#put(before.get(id), share, path, id)
    }
    for (const [id, volume] of before) if (this.#volumes.get(id) !== volume) this.#end(volume)
  }

  #put(known: Volume | undefined, share: Share, path: string, id: number): void {
    const volume = new Volume(share, path, id)
    const same = known !== undefined && known.path === volume.path
    if (same) known.share = share
    this.#volumes.set(id, same ? known : volume)
  }

  #end(volume: Volume): void {
    volume.isExported = false
    this.tree.drop(volume)
  }
}
