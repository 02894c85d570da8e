import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs'
import { join } from 'node:path'

/** The number of a group of this host, by its name or its number (group(5)); undefined when there is none. */
export function groupId(name: string, file = '/etc/group'): number | undefined {
  if (/^\d+$/.test(name)) return Number(name)
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [known, , gid] = line.split(':')
    if (known === name && gid !== undefined) return Number(gid)
  }
  return undefined
}

/** Set-group-ID: what is made in a directory gets its group (FreeBSD does so everywhere). */
const SHARED_DIRECTORY = 0o2750

/**
 * Gives a directory of ours, with all that it holds, to a group for reading; nothing is done where it is the group's
 * already. Left alone: links, and the directories `except`, absolute paths, which are not ours alone: a guest may put a
 * link in the place of a directory. Only root may. Throws system errors.
 */
export function giveToGroup(dir: string, gid: number, except: readonly string[] = []): void {
  const others = except.filter(path => existsSync(path)).map(path => realpathSync(path))
  giveDirectory(realpathSync(dir), gid, others)
}

function giveDirectory(dir: string, gid: number, others: readonly string[]): void {
  if (others.includes(dir)) return
  const { gid: has, mode } = lstatSync(dir)
  if (has === gid && (mode & 0o7777) === SHARED_DIRECTORY) return
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) giveDirectory(path, gid, others)
    else if (!entry.isSymbolicLink()) lchownSync(path, -1, gid)
  }
  chownSync(dir, -1, gid)
  chmodSync(dir, SHARED_DIRECTORY)
}
