import type { Clock } from '../../net/net.ts'
import type { FileHandle } from '../root.ts'
import { pathsOf, type Share } from '../share-list.ts'
import { decodeHandle } from './files/handle.ts'
import { HandleSearch } from './files/handle-search.ts'
import type { Node } from './files/node.ts'
import type { Tree } from './files/tree.ts'
import { Volume } from './files/volume.ts'
import { STATUS, StatusError } from './status.ts'

/**
 * The present shares, which another `be` may change at any time, so it is called for each RPC call. Returns the same
 * array as long as they have not changed.
 */
export type CurrentShares = () => readonly Share[]

/** The exported volumes; finds files by handle. */
export class Exports {
  readonly tree: Tree
  readonly #currentShares: CurrentShares
  readonly #search: HandleSearch
  #shares: readonly Share[] = []
  /** By id. */
  #volumes = new Map<number, Volume>()
  /** By path. */
  #byPath = new Map<string, Volume>()

  constructor(tree: Tree, clock: Clock, currentShares: CurrentShares) {
    this.tree = tree
    this.#search = new HandleSearch(tree, clock)
    this.#currentShares = currentShares
  }

  all(): Iterable<Volume> {
    this.#update()
    return this.#volumes.values()
  }

  /** Whether any volume admits a client with this address. */
  admits(client: string): boolean {
    for (const volume of this.all()) if (volume.admits(client)) return true
    return false
  }

  /** The volume with this path (one character for each byte, no slash at its end). */
  byPath(path: string): Volume | undefined {
    this.#update()
    return this.#byPath.get(path)
  }

  /**
   * The file of a handle. Throws StatusError: BADHANDLE for a handle that this server cannot have made, STALE for a
   * file that is gone or not shared any more, ACCES for a client that the share does not admit.
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

  /** Ends all exports and closes their files. */
  close(): void {
    for (const volume of this.#volumes.values()) this.#end(volume)
    this.#volumes = new Map()
    this.#byPath = new Map()
  }

  /** Keeps the present volumes when the state cannot be read (locked, damaged). */
  #update(): void {
    let shares: readonly Share[]
    try {
      shares = this.#currentShares()
    } catch {
      return
    }
    if (shares === this.#shares) return
    this.#shares = shares
    const former = this.#volumes
    this.#volumes = new Map()
    for (const share of shares) {
      for (const { path, id } of pathsOf(share))
        this.#volumes.set(id, volumeOf(share, path, id, former.get(id)))
    }
    this.#byPath = new Map([...this.#volumes.values()].map(volume => [volume.path, volume]))
    for (const [id, volume] of former) if (this.#volumes.get(id) !== volume) this.#end(volume)
  }

  #end(volume: Volume): void {
    volume.isExported = false
    this.tree.drop(volume)
  }
}

/** The former volume, with the share as it is now, if its path is the same; else a new one. */
function volumeOf(share: Share, path: string, id: number, former: Volume | undefined): Volume {
  const volume = new Volume(share, path, id)
  if (former?.path !== volume.path) return volume
  former.share = share
  return former
}
