import { lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { localHost } from '../../host/local.ts'
import { mountTable, pointsBelow } from '../../host/mount-table.ts'
import type { BeFileSystem } from '../store.ts'

/**
 * A mount point at or below `dir` (real path, no links), undefined when there is none: what must be known
 * before anything is deleted. Linux lists mounts, bind mounts of the same file system included; elsewhere
 * every mount shows as another device, nullfs(5) too.
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

/** The first directory below `top` that lies on another device. Without recursion: trees may be deep. */
async function otherDevice(top: string, device: number): Promise<string | undefined> {
  const ahead = [top]
  for (let dir = ahead.pop(); dir !== undefined; dir = ahead.pop()) {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const path = join(dir, entry.name)
      if ((await lstat(path)).dev !== device) return path
      ahead.push(path)
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
    exit: 'unavailable',
  })
}
