import { lstat, mkdir, readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError, errno } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import type { MountedAt } from '../../host/host.ts'
import { isMountedAt, pointsBelow } from '../../host/mount-table.ts'
import { hostError, mountPointError } from '../store-errors.ts'
import type { Member } from './members.ts'
import type { Zfs } from './zfs.ts'

/**
 * Steps that mount what is not yet (without a table: all), parents first. Throws BE_MOUNTED_ELSEWHERE for one that is mounted at
 * another path: the host's own boot environment, or by bectl(8).
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
      checkElsewhere(member, table ?? [])
      const argv = mountCommand(member, zfs.platform === 'linux', anywhere)
      return {
        what: argv.join(' '),
        apply: async () => {
          await makeMountPoint(member)
          await zfs.command(argv).catch(async error => {
            await removePoint(member).catch(() => {})
            throw error
          })
        },
        undo: () => umount(zfs, member),
      }
    })
}

/** Throws BE_MOUNTED_ELSEWHERE. */
export function checkElsewhere({ name, path }: Member, table: readonly MountedAt[]): void {
  const other = table.find(({ source, point }) => source === name && point !== path)
  if (other === undefined) return
  throw mountedElsewhere(name, other.point, path)
}

export const mountedElsewhere = (name: string, point: string, expected?: string): BeError =>
  new BeError('BE_MOUNTED_ELSEWHERE', `${name} is mounted at ${point}`, {
    ...(expected !== undefined && { expected }),
    hint: point === '/' ? 'it is what this host runs' : `umount ${point} first`,
  })

/**
 * zfs mount goes by the mountpoint property, which is / in boot environments of bectl(8): mount(8) must do it.
 * Linux' mount.zfs(8) takes a data set whose mountpoint is not `legacy` with zfsutil only.
 */
function mountCommand({ name, path, mountpoint }: Member, linux: boolean, anywhere: boolean): string[] {
  if (anywhere) {
    const options = linux && mountpoint !== 'legacy' ? ['-o', 'zfsutil'] : []
    return ['mount', '-t', 'zfs', ...options, name, path]
  }
  if (mountpoint === path) return ['zfs', 'mount', name]
  throw new BeError('BE_MOUNTPOINT', `zfs-fuse can mount ${name} at its mountpoint ${mountpoint} only`, {
    expected: path,
    hint: `zfs set mountpoint=${path} ${name}`,
    exit: 'unavailable',
  })
}

/**
 * The directory to mount on. A tree may be anyone's: a link in the way to a child would lead a mount out of it,
 * so every part has to be a directory. What lies where the root goes would be hidden, and is somebody's.
 */
async function makeMountPoint({ path, inside, name }: Member): Promise<void> {
  try {
    let at = inside === '' ? path : path.slice(0, -inside.length - 1)
    for (const part of inside.split('/')) {
      at = join(at, part)
      await mkdir(at, 0o755).catch(ignore('EEXIST'))
      if (!(await lstat(at)).isDirectory()) throw badPoint(name, at, 'is no directory')
    }
    if (inside === '' && (await readdir(path)).length > 0) throw badPoint(name, path, 'holds files')
  } catch (error) {
    throw hostError(error, `cannot make the mount point ${path}`)
  }
}

const badPoint = (name: string, path: string, what: string): BeError =>
  new BeError('BE_MOUNT_POINT', `cannot mount ${name}: ${path} ${what}`, {
    expected: 'an empty directory',
    hint: 'move away what lies there',
  })

/**
 * Steps that unmount what is mounted, children first; before these the snapshots that Linux mounts below .zfs when
 * somebody looks in there. Throws BE_MOUNTED_BELOW for what is not ours.
 */
export async function umountSteps(
  zfs: Zfs,
  all: readonly Member[],
  table: readonly MountedAt[],
): Promise<Step[]> {
  const ours = all.filter(({ name, path }) => isMountedAt(table, name, path))
  const looks = table.filter(({ point }) =>
    ours.some(({ path }) => point.startsWith(`${path}/.zfs/snapshot/`)),
  )
  const paths = new Set([...ours.map(({ path }) => path), ...looks.map(({ point }) => point)])
  for (const { path, inside } of ours) {
    const foreign = inside === '' ? pointsBelow(table, path).find(point => !paths.has(point)) : undefined
    if (foreign !== undefined) throw mountPointError(foreign, `it holds ${path} up`)
  }
  const back = await mountSteps(zfs, ours)
  const own = ours.map((member, at) => ({
    what: `umount ${member.path}`,
    apply: () => umount(zfs, member),
    undo: back[at]!.apply,
  }))
  return [...looks.map(({ point }) => zfs.step(['umount', point])), ...own.reverse()]
}

/** Not `zfs unmount`: the path says which mount is meant. */
async function umount(zfs: Zfs, member: Member): Promise<void> {
  await zfs.command(['umount', member.path])
  await removePoint(member)
}

/** An empty directory that is left where the root was would be exported: the host's own. */
async function removePoint({ path, inside }: Member): Promise<void> {
  if (inside === '') await rmdir(path).catch(ignore('ENOTEMPTY', 'EBUSY', 'EROFS', 'EEXIST', 'ENOENT'))
}

const ignore =
  (...codes: string[]) =>
  (error: unknown): void => {
    if (!codes.includes(errno(error) ?? '')) throw error
  }
