import { type Assignment, parseAssignments } from '../system/rc-conf.ts'
import { addBlock, commentOut } from './marks.ts'

/** Interfaces that no machine boots from. */
const PSEUDO = /^(lo|bridge|tap|tun|epair|gif|gre|wg|vlan|vxlan|wlan|pflog|ipfw|enc)\d*$/

/** Variables of network.subr beside the one that configures the interface itself. */
const BESIDE = /_(alias\d+|aliases|ipv6|name|descr|mac|vlan)$/

/**
 * Whether this line of rc.conf(5) would configure the interface that the kernel has its root on, and with
 * that cut it off: which one that is, is not known before it boots.
 */
export function reconfiguresBootInterface({ name, value }: Assignment): boolean {
  if (!name.startsWith('ifconfig_')) return false
  const of = name.slice('ifconfig_'.length)
  return !BESIDE.test(of) && !PSEUDO.test(of) && value !== '' && !/^(NOAUTO|NONE)$/i.test(value ?? '?')
}

/** What a tree on NFS needs in rc.conf(5); a read-only one keeps /var and /tmp in memory (rc.d/root, rc.d/var). */
export const rcSettings = (readOnly: boolean): Record<string, string> => ({
  zfs_enable: 'NO',
  ...(readOnly && { root_rw_mount: 'NO', varmfs: 'YES', tmpmfs: 'YES' }),
})

/** A line that ought to go but shares its line with others. */
export interface ManualEdit {
  line: number
  text: string
}

/**
 * rc.conf(5) or rc.conf.local with what fights a network boot commented out, and `settings` at its end;
 * `overrules`: other lines for them go too, as this file is read after the one that has them.
 */
export function editRc(
  text: string | undefined,
  settings: Record<string, string>,
  overrules: ReadonlySet<string> = new Set(),
): { text: string | undefined; byHand: ManualEdit[] } {
  const fights = parseAssignments(text ?? '').filter(
    found => reconfiguresBootInterface(found) || overrules.has(found.name),
  )
  const byHand = fights.filter(({ alone }) => !alone).map(({ start }) => lineAt(text!, start))
  const kept =
    text === undefined
      ? undefined
      : commentOut(
          text,
          fights.filter(({ alone }) => alone),
        )
  const lines = Object.entries(settings).map(([name, value]) => `${name}="${value}"`)
  return { text: addBlock(kept, lines), byHand }
}

/** loader.conf(5) without a root of its own: the loader's word for it comes from the network. */
export function editLoader(text: string | undefined): string | undefined {
  return text === undefined ? undefined : commentOut(text, parseAssignments(text).filter(setsRoot))
}

/** A root that loader.conf(5) names wins over the handle, unless it is on NFS (sys/kern/vfs_mountroot.c). */
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
