import { type Before, Listing } from './listing.ts'

/** A directory whose names can be listed; both are managed by Listings. */
export interface Listable {
  listing: Listing | undefined
  /** The listing that is being read. */
  listingRead: Promise<Listing> | undefined
}

/** Listings of directories: all who ask for one at once share it. Keeps a number of names, of those last used. */
export class Listings<Directory extends Listable> {
  readonly #read: (dir: Directory) => Promise<string[]>
  readonly #max: number
  /** Least recently used first. */
  readonly #all = new Set<Directory>()
  #names = 0

  /** `max`: how many names are kept; the listing that was read last is kept in any case. */
  constructor(read: (dir: Directory) => Promise<string[]>, max: number) {
    this.#read = read
    this.#max = max
  }

  /** What is in memory. */
  cached(dir: Directory): Listing | undefined {
    if (this.#all.delete(dir)) this.#all.add(dir)
    return dir.listing
  }

  /** Reads the names, unless that is under way. Rejects as `read` does. */
  read(dir: Directory, before: Before): Promise<Listing> {
    dir.listingRead ??= this.#list(dir, before).finally(() => {
      dir.listingRead = undefined
    })
    return dir.listingRead
  }

  drop(dir: Directory): void {
    if (this.#all.delete(dir)) this.#names -= dir.listing!.names.length
    dir.listing = undefined
  }

  async #list(dir: Directory, before: Before): Promise<Listing> {
    const listing = new Listing(await this.#read(dir), before)
    this.drop(dir)
    dir.listing = listing
    this.#all.add(dir)
    this.#names += listing.names.length
    for (const oldest of this.#all) {
      if (this.#names <= this.#max || this.#all.size === 1) break
      this.drop(oldest)
    }
    return listing
  }
}
