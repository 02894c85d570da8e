import type { Dirent } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { findInside } from '../../be/tree/resolve.ts'
import type { Entry } from './boot-file.ts'

/** Largest number of entries that are listed; the directories that a boot reads have dozens. */
const ENTRY_LIMIT = 10_000

/**
 * The entries of the directory `path` below `root`, sorted by name; links are resolved with `root` as `/`.
 * Undefined when there is no such directory, it cannot be read, or it was moved meanwhile.
 */
export async function listBelow(root: string, path: string): Promise<Entry[] | undefined> {
  try {
    const top = await realpath(root)
    const found = await findInside(top, path)
    if (!found?.stat.isDirectory()) return undefined
    const names = await readdir(found.path, { withFileTypes: true })
    // A machine may be root on this tree, and may just have replaced the directory with a link that leads out.
    if ((await realpath(found.path)) !== found.path) return undefined
    const entries = names.slice(0, ENTRY_LIMIT).map(name => entry(top, path, name))
    return (await Promise.all(entries)).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return undefined
  }
}

/** A link is listed as what it points to. */
async function entry(root: string, path: string, item: Dirent): Promise<Entry> {
  const { name } = item
  if (!item.isSymbolicLink()) return { name, directory: item.isDirectory() }
  const target = await findInside(root, join(path, name)).catch(() => undefined)
  return { name, directory: target?.stat.isDirectory() ?? false }
}
