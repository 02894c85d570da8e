import { BeError } from '../errors.ts'
import type { Host, MountedAt } from './host.ts'

/** What the mount table is read with: any host can. */
type Reader = Pick<Host, 'platform' | 'run' | 'readIfThere'>

/** All that is mounted, in order; of two on one point the later hides the earlier. */
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

/** proc_pid_mountinfo(5): `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw`. */
function ofMountinfo(text: string): MountedAt[] {
  return text.split('\n').flatMap(line => {
    const [left = '', right = ''] = line.split(' - ')
    const point = left.split(' ')[4]
    const [type, source] = right.split(' ')
    if (point === undefined || type === undefined || source === undefined) return []
    return [{ point: unescaped(point), type, source: unescaped(source) }]
  })
}

/** mount(8) of FreeBSD, -p: fstab(5) lines, `zroot/ROOT/head	/ROOT/head	zfs	rw	0 0`. */
function ofMountP(text: string): MountedAt[] {
  return text.split('\n').flatMap(line => {
    const [source, point, type] = line.split(/\t+/)
    if (source === undefined || point === undefined || type === undefined) return []
    return [{ point: unescaped(point.trim()), type: type.trim(), source: unescaped(source.trim()) }]
  })
}

/** Both write blanks and backslashes as three octal digits. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
