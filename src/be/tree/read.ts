import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { BeError } from '../../errors/errors.ts'
import { resolveInside } from './resolve.ts'

/** Longer than any configuration file (bytes). */
const MAX_TEXT_BYTES = 1 << 20

/** Reads files of an untrusted tree: never outside of it, never a device or a pipe, never more than is asked for. */
export class TreeReader {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** The path on the host of the regular file that `path` leads to; undefined when there is none. */
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
   * The whole text of a file that is to be edited; undefined when there is none. Throws BE_TREE_TEXT for what cannot
   * be edited without loss: longer than a megabyte, not UTF-8, no regular file, or unreadable.
   */
  async text(path: string): Promise<string | undefined> {
    const bytes = await this.head(path, MAX_TEXT_BYTES)
    if (bytes === undefined && (await resolveInside(this.root, path)) === undefined) return undefined
    const text = bytes?.toString('utf8')
    if (bytes !== undefined && bytes.length < MAX_TEXT_BYTES && Buffer.from(text!).equals(bytes)) return text
    throw new BeError('BE_TREE_TEXT', `${path} cannot be edited`, {
      expected: 'a file in UTF-8, of less than a megabyte',
    })
  }

  /** The names in a directory, sorted; none when it is not there or cannot be read. */
  async list(path: string): Promise<string[]> {
    const real = await resolveInside(this.root, path)
    return real === undefined ? [] : (await readdir(real).catch(() => [])).sort()
  }

  async #open<T>(
    path: string,
    use: (handle: FileHandle, real: string) => Promise<T>,
  ): Promise<T | undefined> {
    const real = await resolveInside(this.root, path)
    if (real === undefined) return undefined
    try {
      // NONBLOCK: opening a pipe must not wait for a writer. NOFOLLOW: the file may have become a link since.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      await using handle = await open(real, flags)
      return await use(handle, real)
    } catch {
      return undefined
    }
  }
}
