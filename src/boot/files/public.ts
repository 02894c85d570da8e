import { lstat, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Found, findInside } from '../../be/inside.ts'

/** What loaders read, whatever its mode: a loader.conf(5) is often for root alone. */
const BOOT = /^\/boot(\/|$)/

const READ = 0o004
const SEARCH = 0o001

/**
 * Whether the network may have what lies at `path` in the tree at `root`: all of /boot, and else what any user of
 * that system could read, as tftpd(8) asks. TFTP and HTTP know nobody, the service reads as root, and password
 * files and host keys lie in the same tree. What is not there hides nothing.
 */
export async function isPublic(root: string, path: string): Promise<boolean> {
  if (BOOT.test(path)) return true
  try {
    return await isOpen(await realpath(root), await findInside(root, path))
  } catch {
    return true
  }
}

async function isOpen(top: string, found: Found | undefined): Promise<boolean> {
  if (found === undefined) return true
  const needed = found.stat.isDirectory() ? READ | SEARCH : READ
  if ((found.stat.mode & needed) !== needed) return false
  for (let above = dirname(found.path); above.length > top.length; above = dirname(above)) {
    if (((await lstat(above)).mode & SEARCH) === 0) return false
  }
  return true
}
