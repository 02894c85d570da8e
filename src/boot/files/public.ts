import { lstat, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Found, findInside } from '../../be/tree/resolve.ts'

/** Served whatever its mode: loaders read it, and a loader.conf(5) is often readable for root alone. */
const BOOT = /^\/boot(\/|$)/

/** Mode bits for others. */
const READ = 0o004
const SEARCH = 0o001

/**
 * Whether anybody on the network may read `path` in the tree at `root`: all of /boot, and otherwise what any user of
 * that system could read, as tftpd(8) requires. TFTP and HTTP have no users, the service reads as root, and
 * password files and host keys are in the same tree. True for what does not exist.
 */
export async function isPublic(root: string, path: string): Promise<boolean> {
  if (BOOT.test(path)) return true
  try {
    return await isReadableByAll(await realpath(root), await findInside(root, path))
  } catch {
    return true
  }
}

async function isReadableByAll(top: string, found: Found | undefined): Promise<boolean> {
  if (found === undefined) return true
  const needed = found.stat.isDirectory() ? READ | SEARCH : READ
  if ((found.stat.mode & needed) !== needed) return false
  for (let above = dirname(found.path); above.length > top.length; above = dirname(above)) {
    if (((await lstat(above)).mode & SEARCH) === 0) return false
  }
  return true
}
