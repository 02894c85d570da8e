import { readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '../../host/directory.ts'
import { fileError } from '../../host/files.ts'

/** At the end of the name of what is fetched in part. */
export const PART = '.part'
/** Who was interrupted has so long to go on with it. */
const RESUMED_MS = 24 * 3600 * 1000

/** Files that were fetched, kept for the next installation: by what is in them, or by package. */
export class Cache {
  readonly dir: string

  constructor(dir: string) {
    this.dir = dir
  }

  /** Its directory, made if need be. Throws the errors of files.ts. */
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

  /** Says that a file was used now. */
  async touch(name: string): Promise<void> {
    const now = new Date()
    await utimes(this.path(name), now, now).catch(() => {})
  }

  /**
   * Removes what was not used for longest, until the rest has `bytes` at most. What another takes away is no error;
   * what another may be fetching now stays.
   */
  async shrink(bytes: number): Promise<void> {
    const names = await readdir(this.dir).catch(() => [])
    const files = await Promise.all(names.map(name => this.#look(name)))
    const newest = files.filter(file => file !== undefined).sort((a, b) => b.used - a.used)
    let kept = 0
    for (const { path, size } of newest) {
      kept += size
      if (kept > bytes) await rm(path, { force: true })
    }
  }

  async #look(name: string): Promise<{ path: string; size: number; used: number } | undefined> {
    const path = this.path(name)
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) return undefined
    const isGrowing = name.endsWith(PART) && Date.now() - found.mtimeMs < RESUMED_MS
    return isGrowing ? undefined : { path, size: found.size, used: found.mtimeMs }
  }
}
