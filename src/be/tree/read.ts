import { readdirSync } from 'node:fs'
import { BeError } from '../../errors/errors.ts'
import { type OpenFile, openPlace } from './open-file.ts'
import { atPath, findPlace, inDirectory } from './walk.ts'

/** Longer than any configuration file (bytes). */
export const MAX_TEXT_BYTES = 1 << 20

/** Reads files of an untrusted tree: never outside of it, never a device or a pipe, never more than is asked for. */
export class TreeReader {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** The path, relative to the root and without links, of the regular file that `path` leads to; undefined when there is none. */
  regularFile(path: string): string | undefined {
    const place = findPlace(this.root, path)
    return place?.stat?.isFile() ? place.path : undefined
  }

  /** The regular file that `path` leads to; undefined when there is none or it cannot be read. */
  open(path: string): OpenFile | undefined {
    try {
      return atPath(this.root, path, openPlace)
    } catch {
      return undefined
    }
  }

  /** The first bytes of a regular file; undefined when there is none or it cannot be read. */
  async head(path: string, bytes: number): Promise<Buffer | undefined> {
    using file = this.open(path)
    if (file === undefined) return undefined
    const buffer = Buffer.alloc(bytes)
    try {
      return buffer.subarray(0, await file.read(buffer, 0))
    } catch {
      return undefined
    }
  }

  /**
   * The whole text of a file that is to be edited; undefined when there is none. Throws BE_TREE_TEXT for what cannot
   * be edited without loss: longer than a megabyte, not UTF-8, no regular file, or unreadable.
   */
  async text(path: string): Promise<string | undefined> {
    const bytes = await this.head(path, MAX_TEXT_BYTES)
    if (bytes === undefined && findPlace(this.root, path)?.stat === undefined) return undefined
    const text = bytes?.toString('utf8')
    if (bytes !== undefined && bytes.length < MAX_TEXT_BYTES && Buffer.from(text!).equals(bytes)) return text
    throw new BeError('BE_TREE_TEXT', `${path} cannot be edited`, {
      expected: 'a file in UTF-8, of less than a megabyte',
    })
  }

  /** The names in a directory, sorted; none when it is not there or cannot be read. */
  list(path: string): string[] {
    try {
      return inDirectory(this.root, path, () => readdirSync('.')).sort()
    } catch {
      return []
    }
  }
}
