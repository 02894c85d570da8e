import { mkdir, readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError, errno } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import type { MountedAt } from '../../host/host.ts'
import { isMountedAt, pointsBelow } from '../../host/mount-table.ts'
import { hostError, mountPointError } from '../store-errors.ts'
import { changeAt } from '../tree/changed.ts'
import { makeDirectory } from '../tree/entry.ts'
import { findPlace } from '../tree/walk.ts'
import type { Member } from './members.ts'
import type { Zfs } from './zfs.ts'

/**
 * Steps that mount, parents first, what the mount table does not show as mounted (without a table: all). Throws
 * BE_MOUNTED_ELSEWHERE for one that is mounted at another path: the host's own boot environment, or one that bectl(8)
 * has mounted.
 */
export async function mountSteps(
  zfs: Zfs,
  all: readonly Member[],
  table?: readonly MountedAt[],
): Promise<Step[]> {
  const anywhere = await zfs.mountsAnywhere()
  return all
    .filter(({ name, path }) => table === undefined || !isMountedAt(table, name, path))
    .map(member => {
      checkNotElsewhere(member, table ?? [])
      const argv = mountCommand(member, zfs.platform === 'linux', anywhere)
      return {
        what: argv.join(' '),
        apply: async () => {
          await makeMountPoint(member)
          await zfs.command(argv).catch(async error => {
            await removeMountPoint(member).catch(() => {})
            throw error
          })
          await checkPoint(zfs, member)
        },
        undo: () => umount(zfs, member),
      }
    })
}

/** Throws BE_MOUNTED_ELSEWHERE if the data set is mounted at another path. */
export function checkNotElsewhere({ name, path }: Member, table: readonly MountedAt[]): void {
  const other = table.find(({ source, point }) => source === name && point !== path)
  if (other !== undefined) throw mountedElsewhereError(name, other.point, path)
}

export const mountedElsewhereError = (name: string, point: string, expected?: string): BeError =>
  new BeError('BE_MOUNTED_ELSEWHERE', `${name} is mounted at ${point}`, {
    ...(expected !== undefined && { expected }),
    hint: point === '/' ? 'it is what this host runs' : `umount ${point} first`,
  })

/**
 * mount(8) where possible: `zfs mount` uses the mountpoint property, which is / in boot environments of bectl(8). Linux'
 * mount.zfs(8) needs zfsutil for a data set whose mountpoint is not `legacy`.
 */
function mountCommand({ name, path, mountpoint }: Member, linux: boolean, anywhere: boolean): string[] {
  if (anywhere) {
    const options = linux && mountpoint !== 'legacy' ? ['-o', 'zfsutil'] : []
    return ['mount', '-t', 'zfs', ...options, name, path]
  }
  if (mountpoint === path) return ['zfs', 'mount', name]
  throw new BeError('BE_ZFS_MOUNTPOINT', `zfs-fuse can mount ${name} at its mountpoint ${mountpoint} only`, {
    expected: path,
    hint: `zfs set mountpoint=${path} ${name}`,
    exit: 'unavailable',
  })
}

/**
 * Makes the directory to mount on. Every component in the tree must be a directory: in an untrusted tree a symbolic link
 * could lead the mount out of it. The root's must be empty: files there would be hidden. Throws BE_MOUNT_POINT.
 */
async function makeMountPoint(member: Member): Promise<void> {
  const { path, inside, name } = member
  try {
    if (inside !== '') return makeInTree(member)
    await mkdir(path, 0o755).catch(ignore('EEXIST'))
    if ((await readdir(path)).length > 0) throw mountPointUnusable(name, path, 'holds files')
  } catch (error) {
    throw hostError(error, `cannot make the mount point ${path}`)
  }
}

function makeInTree({ path, inside, name }: Member): void {
  const root = path.slice(0, -inside.length - 1)
  const parts = inside.split('/')
  for (const depth of parts.keys()) {
    const at = parts.slice(0, depth + 1).join('/')
    const place = findPlace(root, at, { follow: 'none' })
    if (place?.stat?.isDirectory()) continue
    if (place === undefined || place.stat !== undefined)
      throw mountPointUnusable(name, join(root, at), 'is no directory')
    changeAt(root, at, here => makeDirectory(here.name, 0o755))
  }
}

/**
 * Takes a file system off again that mount(8), which goes by path, has mounted elsewhere: a directory of the tree was
 * replaced with a link. Throws BE_MOUNT_POINT.
 */
async function checkPoint(zfs: Zfs, member: Member): Promise<void> {
  const other = await otherPoint(zfs, member)
  if (other === undefined) return
  await zfs.command(['umount', other])
  throw mountPointUnusable(member.name, member.path, `led to ${other}`)
}

/** Where else a file system below a tree's root is mounted now: directories in the tree may have been moved or replaced. */
async function otherPoint(zfs: Zfs, { name, path, inside }: Member): Promise<string | undefined> {
  if (inside === '') return undefined
  return (await zfs.mounts()).find(({ source, point }) => source === name && point !== path)?.point
}

const mountPointUnusable = (name: string, path: string, what: string): BeError =>
  new BeError('BE_MOUNT_POINT', `cannot mount ${name}: ${path} ${what}`, {
    expected: 'an empty directory',
    hint: 'move away what lies there',
  })

/**
 * Steps that unmount what is mounted, children first; before these the snapshots that Linux mounts below .zfs/snapshot on
 * access. Throws BE_MOUNTED_BELOW for other mounts in the tree.
 */
export async function umountSteps(
  zfs: Zfs,
  all: readonly Member[],
  table: readonly MountedAt[],
): Promise<Step[]> {
  const mounted = all.filter(({ name, path }) => isMountedAt(table, name, path))
  const snapshotMounts = table.filter(({ point }) =>
    mounted.some(({ path }) => point.startsWith(`${path}/.zfs/snapshot/`)),
  )
  const paths = new Set([...mounted.map(({ path }) => path), ...snapshotMounts.map(({ point }) => point)])
  for (const { path, inside } of mounted) {
    const foreign = inside === '' ? pointsBelow(table, path).find(point => !paths.has(point)) : undefined
    if (foreign !== undefined) throw mountPointError(foreign, `it holds ${path} up`)
  }
  const remount = await mountSteps(zfs, mounted)
  const unmount = mounted.map((member, at) => ({
    what: `umount ${member.path}`,
    apply: () => umount(zfs, member),
    undo: remount[at]!.apply,
  }))
  return [...snapshotMounts.map(({ point }) => zfs.step(['umount', point])), ...unmount.reverse()]
}

/** By path, not `zfs unmount` by name: the path says which mount is meant. */
async function umount(zfs: Zfs, member: Member): Promise<void> {
  const other = await otherPoint(zfs, member)
  if (other !== undefined) throw mountedElsewhereError(member.name, other, member.path)
  await zfs.command(['umount', member.path])
  await removeMountPoint(member)
}

/** Removes the root's mount point: a share of the empty directory would export the host's own file system. */
async function removeMountPoint({ path, inside }: Member): Promise<void> {
  if (inside === '') await rmdir(path).catch(ignore('ENOTEMPTY', 'EBUSY', 'EROFS', 'EEXIST', 'ENOENT'))
}

const ignore =
  (...codes: string[]) =>
  (error: unknown): void => {
    if (!codes.includes(errno(error) ?? '')) throw error
  }
