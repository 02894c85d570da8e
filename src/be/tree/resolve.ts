import type { Stats } from 'node:fs'
import { lstat, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'

/** As many symbolic links as Linux follows in one look-up; FreeBSD follows 32 (MAXSYMLINKS). */
const MAX_LINKS = 40

/** A path on the host without symbolic links, and its lstat(2). */
export interface Found {
  path: string
  stat: Stats
}

/**
 * Resolves `path` as a process does that is chrooted into `root`: an absolute link starts again at `root`, and `..`
 * stops there, so no link of a hostile tree leads out of it. Undefined for a loop of links, and for a path through
 * something that is no directory. Throws system errors, ENOENT among them.
 */
export async function findInside(root: string, path: string): Promise<Found | undefined> {
  const top = await realpath(root)
  const todo = components(path)
  const done: string[] = []
  let found: Found | undefined
  for (let links = 0; todo.length > 0; ) {
    const part = todo.pop()!
    if (part === '.') continue
    if (part === '..') {
      done.pop()
      found = undefined
      continue
    }
    // `done` is a directory without links; otherwise lstat throws ENOTDIR or ENOENT.
    const here = join(top, ...done, part)
    const stat = await lstat(here)
    if (!stat.isSymbolicLink()) {
      if (!stat.isDirectory() && todo.length > 0) return undefined
      done.push(part)
      found = { path: here, stat }
      continue
    }
    if (++links > MAX_LINKS) return undefined
    const target = await readlink(here)
    if (target.startsWith('/')) done.length = 0
    todo.push(...components(target))
    found = undefined
  }
  return found ?? { path: join(top, ...done), stat: await lstat(join(top, ...done)) }
}

/** The resolved path alone; undefined also for what does not exist or may not be read. */
export async function resolveInside(root: string, path: string): Promise<string | undefined> {
  if (path.includes('\0')) return undefined
  return (await findInside(root, path).catch(() => undefined))?.path
}

/** The components of a path, last one first. A trailing slash demands a directory, as `/.` does. */
const components = (path: string): string[] =>
  path
    .replace(/\/$/, '/.')
    .split('/')
    .filter(part => part !== '')
    .reverse()
