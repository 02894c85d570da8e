import { join } from 'node:path'
import type { DataSet } from './zfs.ts'

/** A data set that is mounted with its boot environment, and where. */
export interface Member extends DataSet {
  /** Path relative to the root of the boot environment: `''` is the root, `usr/home` a child. */
  inside: string
  /** Absolute path on the host. */
  path: string
}

/**
 * The data sets that are mounted with a boot environment, parents first. `sets` are its root and the descendants,
 * `path` is where the root is mounted. Left out: canmount=off, and mountpoints `none`, `legacy` or outside the root's.
 */
export function members(sets: readonly DataSet[], path: string): Member[] {
  const [root] = sets
  if (root === undefined) return []
  return sets
    .flatMap(set => {
      const inside = set.canmount === 'off' ? undefined : pathInside(set, root)
      return inside === undefined ? [] : [{ ...set, inside, path: join(path, inside) }]
    })
    .sort((a, b) => (a.inside < b.inside ? -1 : 1))
}

/**
 * A data set's path relative to the root: by the mountpoint property, as in libbe(3) and rc.d/zfsbe, or by name if the
 * root's mountpoint is no path. Undefined: outside the root.
 */
export function pathInside(set: DataSet, root: DataSet): string | undefined {
  if (set.name === root.name) return ''
  if (!root.mountpoint.startsWith('/')) return set.name.slice(root.name.length + 1)
  const top = root.mountpoint === '/' ? '/' : `${root.mountpoint}/`
  return set.mountpoint.startsWith(top) ? set.mountpoint.slice(top.length) : undefined
}

/**
 * Warnings about what ZFS on this host does by itself with these data sets, going by their mountpoint, which may be /:
 * sharenfs would export a directory of the host, and canmount=on would mount over one.
 */
export function hostConflicts(sets: readonly DataSet[]): string[] {
  const warnings: string[] = []
  const exported = sets.filter(({ sharenfs }) => sharenfs !== 'off').map(({ name }) => name)
  if (exported.length > 0) {
    warnings.push(`ZFS itself exports ${exported.join(' ')} too: zfs inherit sharenfs ${exported.join(' ')}`)
  }
  const [root] = sets
  if (root?.mountpoint !== '/') return warnings
  for (const { name, mountpoint, canmount } of sets) {
    if (canmount !== 'on' || !mountpoint.startsWith('/')) continue
    warnings.push(`at its start this host mounts ${name} at ${mountpoint}: zfs set canmount=noauto ${name}`)
  }
  return warnings
}
