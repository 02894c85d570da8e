import { BeError } from '../errors/errors.ts'
import type { Host, MountedAt } from './host.ts'
import { unescapeOctal } from './octal.ts'

/** What is needed of a host to read its mount table. */
type Reader = Pick<Host, 'platform' | 'run' | 'readIfThere'>

/** The mounts of a host, in order, without those that a later mount hides, at the same point or above it. */
export async function mountTable(host: Reader): Promise<MountedAt[]> {
  if (host.platform === 'linux') return ofMountinfo((await host.readIfThere('/proc/self/mountinfo')) ?? '')
  return ofMountP((await host.run(['mount', '-p'], { timeoutMs: 10_000 })).stdout)
}

/** The file system that a path (real, absolute) is on. Throws BE_MOUNT_TABLE where the table has no root. */
export function mountOf(table: readonly MountedAt[], path: string): MountedAt {
  let found: MountedAt | undefined
  for (const mount of table) {
    if (covers(mount, path) && mount.point.length >= (found?.point.length ?? 0)) found = mount
  }
  if (found !== undefined) return found
  throw new BeError('BE_MOUNT_TABLE', `the mount table has nothing that holds ${path}`)
}

/** Whether this source (a data set) is mounted, and visible, at exactly this path. */
export function isMountedAt(table: readonly MountedAt[], source: string, path: string): boolean {
  const seen = mountOf(table, path)
  return seen.point === path && seen.source === source
}

/** Mount points below `dir` (real path), parents first. */
export const pointsBelow = (table: readonly MountedAt[], dir: string): string[] =>
  table
    .map(({ point }) => point)
    .filter(point => point.startsWith(`${dir}/`))
    .sort()

const PSEUDO = new Set(
  'autofs cgroup2 devfs devpts devtmpfs fdescfs linprocfs linsysfs mqueue proc procfs sysfs tmpfs'.split(' '),
)

/** Whether file systems of this type are kept in memory only, so that nothing in them outlasts a reboot. */
export const isPseudoFileSystem = (type: string): boolean => PSEUDO.has(type)

const covers = ({ point }: MountedAt, path: string): boolean =>
  point === '/' || path === point || path.startsWith(`${point}/`)

/** A mount of Linux; `parent` is the id of the mount that its mount point is on. */
interface LinuxMount extends MountedAt {
  id: string
  parent: string
}

/** proc_pid_mountinfo(5): `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw`. */
function ofMountinfo(text: string): MountedAt[] {
  const all = text.split('\n').flatMap(line => {
    const [left = '', right = ''] = line.split(' - ')
    const [id, parent, , , point] = left.split(' ')
    const [type, source] = right.split(' ')
    if (id === undefined || parent === undefined || point === undefined) return []
    if (type === undefined || source === undefined) return []
    return [{ id, parent, point: unescapeOctal(point), type, source: unescapeOctal(source) }]
  })
  const children = Map.groupBy(all, ({ parent }) => parent)
  const root = all.findLast(({ point, parent }) => point === '/' && !all.some(({ id }) => id === parent))
  return all
    .filter(mount => root === undefined || resolveMount(root, children, mount.point) === mount)
    .map(({ point, type, source }) => ({ point, type, source }))
}

/** The mount that a path leads to, as the kernel looks it up: from mount to mount, each at the first point on the way. */
function resolveMount(
  root: LinuxMount,
  children: ReadonlyMap<string, LinuxMount[]>,
  path: string,
): LinuxMount {
  for (let at = root; ; ) {
    const next = (children.get(at.id) ?? [])
      .filter(mount => covers(mount, path))
      .reduce<LinuxMount | undefined>((first, mount) => {
        return first !== undefined && first.point.length < mount.point.length ? first : mount
      }, undefined)
    if (next === undefined || next === at) return at
    at = next
  }
}

/** A source or path of 24 characters or more is followed by a blank, others by tabs; blanks in names are not escaped. */
const MOUNT_P = /^(.+?)[\t ]+(\/.*?)[\t ]+(\S+)\t\S+[\t ]+\d+ \d+$/

/**
 * mount(8) of FreeBSD, -p: fstab(5) lines, `zroot/ROOT/head	/ROOT/head	zfs	rw	0 0`, in the order in
 * which they were mounted (putfsent of sbin/mount/mount.c).
 */
function ofMountP(text: string): MountedAt[] {
  const all = text.split('\n').flatMap(line => {
    const [, source, point, type] = MOUNT_P.exec(line.trimEnd()) ?? []
    if (source === undefined || point === undefined || type === undefined) return []
    return [{ point, type, source }]
  })
  return all.filter(mount => all.findLast(other => covers(other, mount.point)) === mount)
}
