import type { BeFileSystem } from '../store.ts'
import { type FstabEntry, type NfsMounting, nfsLine, parseFstab } from '../system/fstab.ts'
import { addBlock, commentOut } from './marks.ts'

/** Sources that name a disk of the machine: fstab(5) of FreeBSD and of Linux. */
const LOCAL = /^(\/dev\/|(PART)?(UUID|LABEL)=|ID=)/

/** Memory disks and optical drives of FreeBSD are no disks that a netbooted machine lacks. */
const NOT_DISKS = /^\/dev\/(md|cd|sr|fd)/

/** A file system or swap on a disk, which a machine that boots by network need not have. */
export const isLocal = ({ source, type }: FstabEntry): boolean =>
  type === 'zfs' || (LOCAL.test(source) && !NOT_DISKS.test(source))

/** It is not mounted by itself, or may fail to: it hinders no boot. */
export const isOptional = ({ options }: FstabEntry): boolean =>
  options.some(option => /^(noauto|nofail|failok|xx)$/.test(option))

export const isSwap = ({ type, options }: FstabEntry): boolean => type === 'swap' || options.includes('sw')

export interface RootOnNfs extends NfsMounting {
  fileSystems: readonly BeFileSystem[]
}

/** Where each file system is mounted in the guest: those in memory of a read-only root are left out. */
export function nfsMounts({ fileSystems, readOnly }: RootOnNfs): { point: string; path: string }[] {
  return fileSystems
    .filter(({ inside }) => !(readOnly && /^(var|tmp)(\/|$)/.test(inside)))
    .map(({ inside, path }) => ({ point: `/${inside}`, path }))
}

/** A read-only Linux root writes to memory (FreeBSD: varmfs and tmpmfs of rc.conf(5)). */
const LINUX_MEMORY = ['tmpfs /tmp tmpfs mode=1777 0 0', 'tmpfs /var/tmp tmpfs mode=1777 0 0']
const LINUX_LOG = 'tmpfs /var/log tmpfs mode=0755 0 0'

/** etc/fstab with its root and children on NFS, and nothing on a disk that a machine has to have. */
export function editFstab(text: string | undefined, root: RootOnNfs): string | undefined {
  const mounts = nfsMounts(root)
  const ours = new Set(root.fileSystems.map(({ inside }) => `/${inside}`))
  let at = 0
  const gone = parseFstab(text ?? '').flatMap(line => {
    const range = { start: at, end: at + line.text.length }
    at = range.end + 1
    const { entry } = line
    if (entry === undefined || (!isSwap(entry) && isOptional(entry))) return []
    return ours.has(entry.point) || isLocal(entry) ? [range] : []
  })
  const kept = text === undefined ? undefined : commentOut(text, gone)
  const memory = root.kind === 'linux' && root.readOnly ? [...LINUX_MEMORY, LINUX_LOG] : []
  return addBlock(kept, [...mounts.map(({ path, point }) => nfsLine(root, path, point)), ...memory])
}
