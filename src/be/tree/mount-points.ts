import { isUtf8 } from 'node:buffer'
import { lstatSync, readdirSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { localHost } from '../../host/local.ts'
import { mountTable, pointsBelow } from '../../host/mount-table.ts'
import type { BeFileSystem } from '../store.ts'
import { inDirectory } from './walk.ts'

/**
 * A mount point at or below `dir` (a real path), undefined when there is none. Must be asked before a tree is deleted
 * or moved. The table of Linux lists all mounts, bind mounts of the same file system included. On FreeBSD a jail may not
 * see all of them, but every mount, nullfs(5) too, has a device number of its own.
 */
export async function mountPointIn(dir: string): Promise<string | undefined> {
  const points = (await mountTable(localHost())).map(({ point }) => point)
  const listed = points.find(path => path === dir || path.startsWith(`${dir}/`))
  if (listed !== undefined) return listed
  const bigint = { bigint: true } as const
  const [own, parent] = await Promise.all([lstat(dir, bigint), lstat(dirname(dir), bigint)])
  return own.dev === parent.dev ? otherDevice(dir, own.dev) : dir
}

/** Mount points below `dir` (real path), parents first. */
export const mountPointsBelow = async (dir: string): Promise<string[]> =>
  pointsBelow(await mountTable(localHost()), dir)

/** The first directory below `top` that is on another device. Not recursive: trees may be deep. */
function otherDevice(top: string, device: bigint): string | undefined {
  const todo = ['']
  for (let dir = todo.pop(); dir !== undefined; dir = todo.pop()) {
    for (const { name, dev } of inDirectory(top, dir, directoriesHere, { follow: 'none' })) {
      const path = join(dir, name)
      if (dev !== device) return join(top, path)
      todo.push(path)
    }
  }
  return undefined
}

/** The directories in the working directory, and their devices; without names that are not UTF-8, which only a guest makes. */
const directoriesHere = () =>
  readdirSync('.', { withFileTypes: true, encoding: 'buffer' })
    .filter(entry => entry.isDirectory() && isUtf8(entry.name))
    .map(({ name }) => ({ name: name.toString(), dev: lstatSync(name, { bigint: true }).dev }))

/**
 * Throws BE_NOT_MOUNTED unless all file systems of a boot environment are mounted. Called before its tree is written:
 * below a mount point that is not mounted lie files of the file system above, which may be the host's.
 */
export function checkMounted(name: string, fileSystems: readonly BeFileSystem[]): void {
  const missing = fileSystems.find(({ mounted }) => !mounted)
  if (missing === undefined) return
  throw new BeError('BE_NOT_MOUNTED', `${missing.path} of ${name} is not mounted`, {
    hint: `be mount ${name}`,
  })
}
