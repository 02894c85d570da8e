import { type Assignment, parseAssignments } from '../system/rc-conf.ts'
import { addBlock, commentOut } from './marks.ts'

/** Pseudo interfaces, from which no machine boots. */
const PSEUDO = /^(lo|bridge|tap|tun|epair|gif|gre|wg|vlan|vxlan|wlan|pflog|ipfw|enc)\d*$/

/** Suffixes of variables of network.subr that do not configure the interface's own address. */
const OTHER_VARIABLE = /_(alias\d+|aliases|ipv6|name|descr|mac|vlan)$/

/**
 * Whether this assignment in rc.conf(5) may configure the interface that the kernel has its root on, which cuts the root
 * off. Any hardware interface counts: which one the machine boots from is not known.
 */
export function reconfiguresBootInterface({ name, value }: Assignment): boolean {
  if (!name.startsWith('ifconfig_')) return false
  const rest = name.slice('ifconfig_'.length)
  return (
    !OTHER_VARIABLE.test(rest) && !PSEUDO.test(rest) && value !== '' && !/^(NOAUTO|NONE)$/i.test(value ?? '?')
  )
}

/** Settings of rc.conf(5) for a root on NFS; a read-only one has /var and /tmp in memory (rc.d/root, rc.d/var). */
export const rcSettings = (readOnly: boolean): Record<string, string> => ({
  zfs_enable: 'NO',
  ...(readOnly && { root_rw_mount: 'NO', varmfs: 'YES', tmpmfs: 'YES' }),
})

/** An assignment that has to be removed by hand, as its line holds other commands too. */
export interface ManualEdit {
  line: number
  text: string
}

/**
 * Edits rc.conf(5) or rc.conf.local: comments out what would reconfigure the boot interface and all assignments of the
 * variables `removed`, and appends `settings`.
 */
export function editRc(
  text: string | undefined,
  settings: Record<string, string>,
  removed: ReadonlySet<string> = new Set(),
): { text: string | undefined; manual: ManualEdit[] } {
  const unwanted = parseAssignments(text ?? '').filter(
    found => reconfiguresBootInterface(found) || removed.has(found.name),
  )
  const { removable = [], manual = [] } = Object.groupBy(unwanted, ({ alone }) =>
    alone ? 'removable' : 'manual',
  )
  const kept = text === undefined ? undefined : commentOut(text, removable)
  const lines = Object.entries(settings).map(([name, value]) => `${name}="${value}"`)
  return { text: addBlock(kept, lines), manual: manual.map(({ start }) => lineAt(text!, start)) }
}

/** loader.conf(5) without a root file system: the loader gets it from the network. */
export function editLoader(text: string | undefined): string | undefined {
  return text === undefined ? undefined : commentOut(text, parseAssignments(text).filter(setsRoot))
}

/** Whether it sets a root other than NFS, which overrides the one that the loader passes (sys/kern/vfs_mountroot.c). */
export const setsRoot = ({ name, value }: Assignment): boolean =>
  /^vfs\.root\.mountfrom(\.options)?$|^(root|current)dev$/.test(name) && value?.startsWith('nfs:') !== true

function lineAt(text: string, offset: number): ManualEdit {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  return {
    line: text.slice(0, offset).split('\n').length,
    text: text.slice(start, end < 0 ? text.length : end),
  }
}
