import type { MountedAt } from '../host/host.ts'
import type { Platform } from '../host/platform.ts'
import { type Run, run } from '../host/run.ts'

/** All that is mounted, in the order in which it was. */
export type MountTable = readonly MountedAt[]

/** The mount table of the host that `runner` runs programs on. Throws those of run.ts. */
export async function mountTable(platform: Platform, runner: Run = run): Promise<MountTable> {
  const argv = platform === 'linux' ? ['cat', '/proc/self/mountinfo'] : ['mount', '-p']
  const { stdout } = await runner(argv, { timeoutMs: 10_000, platform })
  return stdout.split('\n').flatMap(platform === 'linux' ? ofMountinfo : ofMountP)
}

/** `36 35 98:0 / /mnt rw shared:1 - ext4 /dev/sda1 rw`: proc_pid_mountinfo(5). */
function ofMountinfo(line: string): MountedAt[] {
  const [before, after] = line.split(' - ')
  const point = before?.split(' ')[4]
  const [type, source] = after?.split(' ') ?? []
  if (point === undefined || type === undefined || source === undefined) return []
  return [{ point: unescaped(point), type, source: unescaped(source) }]
}

/** `zroot/ROOT/a /ROOT/a zfs rw 0 0`: the form of fstab(5), in which FreeBSD's mount -p prints. */
function ofMountP(line: string): MountedAt[] {
  const [source, point, type] = line.split(/\s+/)
  if (source === undefined || point === undefined || type === undefined) return []
  return [{ point: unescaped(point), type, source: unescaped(source) }]
}

/** Blanks and backslashes stand as \040 and the like. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))

const covers = (point: string, path: string): boolean =>
  point === path || point === '/' || path.startsWith(`${point}/`)

/** What is seen at a path: the mount that covers it last. */
export const mountedAt = (table: MountTable, path: string): MountedAt | undefined =>
  table.findLast(({ point }) => covers(point, path))

/** Whether this very source (a data set) is what is seen at this very path. */
export function isMountedAt(table: MountTable, source: string, path: string): boolean {
  const seen = mountedAt(table, path)
  return seen?.point === path && seen.source === source
}

/** Mount points below `dir` (real path, no links), parents first. */
export const pointsBelow = (table: MountTable, dir: string): string[] =>
  [...new Set(table.map(({ point }) => point).filter(point => point.startsWith(`${dir}/`)))].sort()
