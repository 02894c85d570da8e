import type { Dirent } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { findInside } from '../../be/inside.ts'

/** One name in a directory. */
export interface Entry {
  name: string
  directory: boolean
}

/** Names that are shown at most: a boot asks for directories of dozens. */
const MOST = 10_000

/**
 * What is in the directory `path` below `root`, links resolved as a system sees them that has `root` as its
 * `/`; by name. Undefined when there is no such directory, it may not be read, or it was moved meanwhile.
 */
export async function listBelow(root: string, path: string): Promise<Entry[] | undefined> {
  try {
    const top = await realpath(root)
    const found = await findInside(top, path)
    if (!found?.stat.isDirectory()) return undefined
    const names = await readdir(found.path, { withFileTypes: true })
    // A machine may be root on this tree: what was a directory may be a link that leads out by now.
    if ((await realpath(found.path)) !== found.path) return undefined
    const entries = names.slice(0, MOST).map(name => entry(top, path, name))
    return (await Promise.all(entries)).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return undefined
  }
}

/** A link is what it leads to. */
async function entry(root: string, path: string, item: Dirent): Promise<Entry> {
  const { name } = item
  if (!item.isSymbolicLink()) return { name, directory: item.isDirectory() }
  const target = await findInside(root, join(path, name)).catch(() => undefined)
  return { name, directory: target?.stat.isDirectory() ?? false }
}
