import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errno } from '../errors/errors.ts'

/**
 * mkdir -p. Throws system errors. The `recursive` option of mkdirSync is not used: it reports ENOENT on a read-only
 * file system, and never returns where mkdir(2) itself fails with ENOENT (/proc).
 */
export function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    const code = errno(error)
    if (code === 'ENOENT' && dirname(path) !== path) {
      makeDirectory(dirname(path), mode)
      mkdirSync(path, { mode })
    } else if (!isDirectory(path)) throw error
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
