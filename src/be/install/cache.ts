import { readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../../host/directory.ts'
import { fileError } from '../../host/files.ts'

/** Ends the name of a file that is not completely downloaded. */
export const PARTIAL_SUFFIX = '.part'
/** A partial file is kept for so long (ms) since its last change: another process may be writing it, or resume it. */
const PARTIAL_KEPT_MS = 24 * 3600 * 1000

/** Downloaded files, kept for the next installation: named by checksum (distribution sets) or by package. */
export class Cache {
  readonly dir: string

  constructor(dir: string) {
    this.dir = dir
  }

  /** Makes the directory if need be and returns its path. Throws BE_FILE_…. */
  make(): string {
    try {
      makeDirectory(this.dir, 0o755)
    } catch (error) {
      throw fileError(error, 'write', this.dir)
    }
    return this.dir
  }

  path(name: string): string {
    return join(this.dir, name)
  }

  /** Marks a file as used now. */
  async touch(name: string): Promise<void> {
    const now = new Date()
    await utimes(this.path(name), now, now).catch(() => {})
  }

  /**
   * Removes the least recently used files until the rest has `bytes` at most. Partial files that are still in use
   * stay. Files that another process removes meanwhile are no error.
   */
  async shrink(bytes: number): Promise<void> {
    const names = await readdir(this.dir).catch(() => [])
    const files = await Promise.all(names.map(name => this.#stat(name)))
    const newest = files.filter(file => file !== undefined).sort((a, b) => b.used - a.used)
    let kept = 0
    for (const { path, size } of newest) {
      kept += size
      if (kept > bytes) await rm(path, { force: true })
    }
  }

  async #stat(name: string): Promise<{ path: string; size: number; used: number } | undefined> {
    const path = this.path(name)
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) return undefined
    const isGrowing = name.endsWith(PARTIAL_SUFFIX) && Date.now() - found.mtimeMs < PARTIAL_KEPT_MS
    return isGrowing ? undefined : { path, size: found.size, used: found.mtimeMs }
  }
}
