import { isAbsolute } from 'node:path'
import { BeError } from '../errors/errors.ts'
import type { Host, MountedAt } from '../host/host.ts'
import { isPseudoFileSystem, mountOf, mountTable } from '../host/mount-table.ts'
import { mapLimited } from '../host/queue.ts'
import type { ShareRequest } from './share-list.ts'

/** Paths that are checked on the NFS host at the same time. */
const MAX_CHECKS = 16

/**
 * Checks the paths of the requests on the NFS host, and sets `mountPoint` and `children` by its mount table.
 * `mountPointsOnly` refuses a path that is no mount point, as the server would export the whole file system that
 * the path lies on.
 *
 * Throws BE_SHARE_PATH_… and BE_EXPORT_NOT_MOUNTED.
 */
export async function resolveSharePaths(
  host: Host,
  requests: readonly ShareRequest[],
  mountPointsOnly: boolean,
): Promise<ShareRequest[]> {
  const table = await mountTable(host)
  return mapLimited(requests, MAX_CHECKS, async request => {
    const { be, path } = request
    const mountPoint = isOwnFileSystem(table, path)
    // A path in the mount table has no links in it, and is a directory's.
    if (!mountPoint) await checkSharePath(host, path)
    if (!mountPoint && mountPointsOnly) throw notMounted(be, path, mountOf(table, path))
    const children = request.children?.filter(child => isExportable(mountOf(table, child).type)) ?? []
    const missing = children.find(child => !isMountPoint(table, child))
    if (missing !== undefined) throw notMounted(be, missing, mountOf(table, missing))
    return { ...request, mountPoint, children }
  })
}

/** False for what is mounted inside of a tree without being part of it: devfs, procfs, another host's files. */
const isExportable = (type: string): boolean => !isPseudoFileSystem(type) && !/^nfs4?$/.test(type)

/** Whether something is mounted at this very path. */
export const isMountPoint = (table: readonly MountedAt[], path: string): boolean =>
  isAbsolute(path) && mountOf(table, path).point === path

/** Whether a mount point holds another file system than its parent directory: false for a bind mount of it. */
function isOwnFileSystem(table: readonly MountedAt[], path: string): boolean {
  if (!isMountPoint(table, path)) return false
  const own = mountOf(table, path)
  const parent = mountOf(table, path.slice(0, path.lastIndexOf('/')) || '/')
  return own.source !== parent.source || own.type !== parent.type
}

/** The error of a path whose export would open another file system: `below`, if known. */
export function notMounted(be: string, path: string, below?: MountedAt): BeError {
  const what = below === undefined ? 'what lies below' : `${below.source}, mounted at ${below.point}`
  return new BeError(
    'BE_EXPORT_NOT_MOUNTED',
    `nothing is mounted at ${path}: its export would open ${what}`,
    {
      expected: 'a file system of its own (a data set)',
      hint: `be mount ${be}`,
    },
  )
}

/** exports(5) takes directories by their real path only. Throws BE_SHARE_PATH_…. */
export async function checkSharePath(host: Host, path: string): Promise<void> {
  const bad = (
    what: 'LINK' | 'MISSING' | 'NOT_DIRECTORY' | 'RELATIVE',
    problem: string,
    expected: string,
  ): BeError => new BeError(`BE_SHARE_PATH_${what}`, `${path} ${problem}`, { expected })
  if (!isAbsolute(path)) throw bad('RELATIVE', 'is not absolute', 'a path that begins with /')
  const real = await host.realPath(path)
  if (real === undefined) throw bad('MISSING', `does not exist on ${host.name}`, 'a mounted boot environment')
  if (real !== path) throw bad('LINK', 'goes over a link (or . or ..), which exports cannot hold', real)
  if ((await host.realPath(`${path}/.`)) === undefined) {
    throw bad('NOT_DIRECTORY', 'is no directory', 'the root of a boot environment')
  }
}
