import { lstat, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'

/** As many links as FreeBSD's MAXSYMLINKS and Linux follow in one look-up. */
const MAX_LINKS = 40

/**
 * The host's path of what `path` means to someone chrooted into `root`: an absolute link starts again at
 * `root`, and `..` stops there. So no link of a hostile tree leads out. The result holds no links.
 * Undefined: no such file, a loop of links, something on the way that is no directory or may not be read.
 */
export async function resolveInside(root: string, path: string): Promise<string | undefined> {
  if (path.includes('\0')) return undefined
  try {
    return await walk(await realpath(root), path)
  } catch {
    return undefined
  }
}

async function walk(root: string, path: string): Promise<string | undefined> {
  const ahead = path.split('/').reverse()
  const done: string[] = []
  const here = () => join(root, ...done)
  let links = 0
  while (ahead.length > 0) {
    const part = ahead.pop()!
    if (part === '' || part === '.') continue
    if (part === '..') {
      done.pop()
      continue
    }
    // `done` is a directory without links here, or this fails: ENOTDIR, ENOENT.
    done.push(part)
    const status = await lstat(here())
    if (!status.isSymbolicLink()) {
      if (!status.isDirectory() && ahead.length > 0) return undefined
      continue
    }
    if (++links > MAX_LINKS) return undefined
    const target = await readlink(here())
    if (target.startsWith('/')) done.length = 0
    else done.pop()
    ahead.push(...target.split('/').reverse())
  }
  return here()
}
