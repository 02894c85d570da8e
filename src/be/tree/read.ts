import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { BeError } from '../../errors/errors.ts'
import { resolveInside } from './resolve.ts'

/** Longer is no configuration that a person wrote. */
const LONGEST_TEXT = 1 << 20

/** Reads files of a tree that nobody vouches for: never outside it, never a device, a pipe or a long file. */
export class TreeReader {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** Path of the regular file that `path` leads to, relative to the root and without links. */
  async regularFile(path: string): Promise<string | undefined> {
    const found = await this.#open(path, async (handle, real) => (await handle.stat()).isFile() && real)
    return found || undefined
  }

  /** The first bytes of a regular file; undefined when there is none or it cannot be read. */
  head(path: string, bytes: number): Promise<Buffer | undefined> {
    return this.#open(path, async handle => {
      if (!(await handle.stat()).isFile()) return undefined
      const buffer = Buffer.alloc(bytes)
      const { bytesRead } = await handle.read(buffer, 0, bytes, 0)
      return buffer.subarray(0, bytesRead)
    })
  }

  /**
   * All of a text that is to be edited; undefined when there is none. Throws BE_TREE_TEXT for what would lose something by that:
   * it is too long, not UTF-8, no regular file, or cannot be read.
   */
  async text(path: string): Promise<string | undefined> {
    const bytes = await this.head(path, LONGEST_TEXT)
    if (bytes === undefined && (await resolveInside(this.root, path)) === undefined) return undefined
    const text = bytes?.toString('utf8')
    if (bytes !== undefined && bytes.length < LONGEST_TEXT && Buffer.from(text!).equals(bytes)) return text
    throw new BeError('BE_TREE_TEXT', `${path} cannot be edited`, {
      expected: 'a file in UTF-8, of less than a megabyte',
      exit: 'data',
    })
  }

  async #open<T>(
    path: string,
    use: (handle: FileHandle, real: string) => Promise<T>,
  ): Promise<T | undefined> {
    const real = await resolveInside(this.root, path)
    if (real === undefined) return undefined
    try {
      // NONBLOCK: opening a pipe must not wait for a writer. NOFOLLOW: nor a link that has just appeared.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      await using handle = await open(real, flags)
      return await use(handle, real)
    } catch {
      return undefined
    }
  }
}
