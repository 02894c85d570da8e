import { lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { localHost } from '../../host/local.ts'
import { mountTable, pointsBelow } from '../../host/mount-table.ts'
import type { BeFileSystem } from '../store.ts'

/**
 * A mount point at or below `dir` (a real path), undefined when there is none. Must be asked before a tree is deleted
 * or moved. Linux lists all mounts, bind mounts of the same file system included; on other systems every mount, nullfs(5)
 * too, has a device number of its own.
 */
export async function mountPointIn(dir: string): Promise<string | undefined> {
  const host = localHost()
  if (host.platform === 'linux') {
    const points = (await mountTable(host)).map(({ point }) => point)
    const listed = points.find(path => path === dir || path.startsWith(`${dir}/`))
    if (listed !== undefined) return listed
  }
  const [own, parent] = await Promise.all([lstat(dir), lstat(dirname(dir))])
  return own.dev === parent.dev ? otherDevice(dir, own.dev) : dir
}

/** Mount points below `dir` (real path), parents first. */
export const mountPointsBelow = async (dir: string): Promise<string[]> =>
  pointsBelow(await mountTable(localHost()), dir)

/** The first directory below `top` that is on another device. Not recursive: trees may be deep. */
async function otherDevice(top: string, device: number): Promise<string | undefined> {
  const todo = [top]
  for (let dir = todo.pop(); dir !== undefined; dir = todo.pop()) {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const path = join(dir, entry.name)
      if ((await lstat(path)).dev !== device) return path
      todo.push(path)
    }
  }
  return undefined
}

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
