import { BeError } from '../errors/errors.ts'
import type { Host, MountedAt } from './host.ts'
import { unescapeOctal } from './octal.ts'

/** What the mount table is read with: any host can. */
type Reader = Pick<Host, 'platform' | 'run' | 'readIfThere'>

/** All that is mounted and can be seen, in order: what another mount hides, at its point or above, is left out. */
export async function mountTable(host: Reader): Promise<MountedAt[]> {
  if (host.platform === 'linux') return ofMountinfo((await host.readIfThere('/proc/self/mountinfo')) ?? '')
  return ofMountP((await host.run(['mount', '-p'], { timeoutMs: 10_000 })).stdout)
}

/** The file system that a path (real, absolute) lies on. Throws BE_MOUNT_TABLE where there is no root at all. */
export function mountOf(table: readonly MountedAt[], path: string): MountedAt {
  let found: MountedAt | undefined
  for (const mount of table) {
    const above = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`)
    if (above && mount.point.length >= (found?.point.length ?? 0)) found = mount
  }
  if (found !== undefined) return found
  throw new BeError('BE_MOUNT_TABLE', `the mount table has nothing that holds ${path}`, { exit: 'internal' })
}

/** Whether this very source (a data set) is what is seen at this very path. */
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

const MADE_UP = new Set(
  'autofs cgroup2 devfs devpts devtmpfs fdescfs linprocfs linsysfs mqueue proc procfs sysfs tmpfs'.split(' '),
)

/** Whether file systems of this type hold nothing that would outlast the host's run. */
export const isPseudoFileSystem = (type: string): boolean => MADE_UP.has(type)

const covers = ({ point }: MountedAt, path: string): boolean =>
  point === '/' || path === point || path.startsWith(`${point}/`)

/** A mount of Linux, and the mount that its point lies on. */
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
  const on = Map.groupBy(all, ({ parent }) => parent)
  const top = all.findLast(({ point, parent }) => point === '/' && !all.some(({ id }) => id === parent))
  return all
    .filter(mount => top === undefined || seenAt(top, on, mount.point) === mount)
    .map(({ point, type, source }) => ({ point, type, source }))
}

/** As the kernel walks down a path: from mount to mount, each at the first point on the way. */
function seenAt(top: LinuxMount, on: ReadonlyMap<string, LinuxMount[]>, path: string): LinuxMount {
  for (let at = top; ; ) {
    const next = (on.get(at.id) ?? [])
      .filter(mount => covers(mount, path))
      .reduce<LinuxMount | undefined>((first, mount) => {
        return first !== undefined && first.point.length < mount.point.length ? first : mount
      }, undefined)
    if (next === undefined || next === at) return at
    at = next
  }
}

/** After a source or a path of 24 characters or more stands a blank, else tabs; blanks in names stay as they are. */
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
