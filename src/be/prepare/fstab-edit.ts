import type { BeFileSystem } from '../store.ts'
import { type FstabEntry, type NfsMounting, nfsLine, parseFstab } from '../system/fstab.ts'
import { addBlock, commentOut } from './marks.ts'

/** Sources that are disks of the machine: fstab(5) of FreeBSD and of Linux. */
const LOCAL = /^(\/dev\/|(PART)?(UUID|LABEL)=|ID=)/

/** Except memory disks, and optical and floppy drives. */
const NOT_DISKS = /^\/dev\/(md|cd|sr|fd)/

/** Whether a file system or swap is on a local disk, which a machine that boots by network may not have. */
export const isLocal = ({ source, type }: FstabEntry): boolean =>
  type === 'zfs' || (LOCAL.test(source) && !NOT_DISKS.test(source))

/** Whether it is not mounted at boot, or may fail to be. */
export const isOptional = ({ options }: FstabEntry): boolean =>
  options.some(option => /^(noauto|nofail|failok|xx)$/.test(option))

export const isSwap = ({ type, options }: FstabEntry): boolean => type === 'swap' || options.includes('sw')

export interface RootOnNfs extends NfsMounting {
  fileSystems: readonly BeFileSystem[]
}

/** Whether a file system of a read-only root is replaced by one in memory. */
export const isInMemory = (inside: string): boolean => /^(var|tmp)(\/|$)/.test(inside)

/** Where each file system is mounted in the guest, without /var and /tmp of a read-only root, which are in memory. */
export function nfsMounts({ fileSystems, readOnly }: RootOnNfs): { point: string; path: string }[] {
  return fileSystems
    .filter(({ inside }) => !(readOnly && isInMemory(inside)))
    .map(({ inside, path }) => ({ point: `/${inside}`, path }))
}

/** Memory file systems of a read-only Linux root (FreeBSD: varmfs and tmpmfs of rc.conf(5)). */
const LINUX_MEMORY = [
  'tmpfs /tmp tmpfs mode=1777 0 0',
  'tmpfs /var/tmp tmpfs mode=1777 0 0',
  'tmpfs /var/log tmpfs mode=0755 0 0',
]

/** etc/fstab with root and children on NFS; entries for these points and for local disks are commented out. */
export function editFstab(text: string | undefined, root: RootOnNfs): string | undefined {
  const mounts = nfsMounts(root)
  const points = new Set(root.fileSystems.map(({ inside }) => `/${inside}`))
  let at = 0
  const removed = parseFstab(text ?? '').flatMap(line => {
    const range = { start: at, end: at + line.text.length }
    at = range.end + 1
    const { entry } = line
    if (entry === undefined || (!isSwap(entry) && isOptional(entry))) return []
    return points.has(entry.point) || isLocal(entry) ? [range] : []
  })
  const kept = text === undefined ? undefined : commentOut(text, removed)
  const memory = root.kind === 'linux' && root.readOnly ? LINUX_MEMORY : []
  return addBlock(kept, [...mounts.map(({ path, point }) => nfsLine(root, path, point)), ...memory])
}
