import type { Stats } from 'node:fs'
import { lstat, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'

/** As many links as FreeBSD's MAXSYMLINKS and Linux follow in one look-up. */
const MAX_LINKS = 40

/** Where something lies on the host, without links, and what it is. */
export interface Found {
  path: string
  stat: Stats
}

/**
 * What `path` means to someone chrooted into `root`: an absolute link starts again at `root`, and `..` stops
 * there. So no link of a hostile tree leads out. Undefined: a loop of links, or a way through what is no directory. Throws system
 * errors, ENOENT among them.
 */
export async function findInside(root: string, path: string): Promise<Found | undefined> {
  const top = await realpath(root)
  const ahead = split(path)
  const done: string[] = []
  let found: Found | undefined
  for (let links = 0; ahead.length > 0; ) {
    const part = ahead.pop()!
    if (part === '.') continue
    if (part === '..') {
      done.pop()
      found = undefined
      continue
    }
    // `done` is a directory without links, or this fails: ENOTDIR, ENOENT.
    const here = join(top, ...done, part)
    const stat = await lstat(here)
    if (!stat.isSymbolicLink()) {
      if (!stat.isDirectory() && ahead.length > 0) return undefined
      done.push(part)
      found = { path: here, stat }
      continue
    }
    if (++links > MAX_LINKS) return undefined
    const target = await readlink(here)
    if (target.startsWith('/')) done.length = 0
    ahead.push(...split(target))
    found = undefined
  }
  return found ?? { path: join(top, ...done), stat: await lstat(join(top, ...done)) }
}

/** The path alone; undefined also for what is not there or may not be read. */
export async function resolveInside(root: string, path: string): Promise<string | undefined> {
  if (path.includes('\0')) return undefined
  return (await findInside(root, path).catch(() => undefined))?.path
}

/** Components, the first one last; a slash at the end asks for a directory, as `/.` does. */
const split = (path: string): string[] =>
  path
    .replace(/\/$/, '/.')
    .split('/')
    .filter(part => part !== '')
    .reverse()
