import { join } from 'node:path'
import type { DataSet } from './zfs.ts'

/** A data set of a boot environment that can be mounted, and where. */
export interface Member extends DataSet {
  /** Where it lies in the boot environment: `''` is its root, `usr/home` a child. */
  inside: string
  /** Absolute path on the host. */
  path: string
}

/**
 * The data sets of a boot environment that are mounted when it is, parents first: `sets` are its root and all
 * below it, `path` is where the root belongs. Left out: canmount=off, mountpoints `none` and `legacy`, and those
 * that say to lie outside the root's.
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

/** By the mountpoint property, as libbe and rc.d/zfsbe do; by name where the root has none. */
export function pathInside(set: DataSet, root: DataSet): string | undefined {
  if (set.name === root.name) return ''
  if (!root.mountpoint.startsWith('/')) return set.name.slice(root.name.length + 1)
  const top = root.mountpoint === '/' ? '/' : `${root.mountpoint}/`
  return set.mountpoint.startsWith(top) ? set.mountpoint.slice(top.length) : undefined
}

/**
 * What this host does by itself with data sets that are not its own, by their mountpoint property, which may
 * be /: exporting one would export the host's root, mounting one would hide a directory of the host's.
 */
export function hostConflicts(sets: readonly DataSet[]): string[] {
  const lines: string[] = []
  const exported = sets.filter(({ sharenfs }) => sharenfs !== 'off').map(({ name }) => name)
  if (exported.length > 0) {
    lines.push(`ZFS itself exports ${exported.join(' ')} too: zfs inherit sharenfs ${exported.join(' ')}`)
  }
  const [root] = sets
  if (root?.mountpoint !== '/') return lines
  for (const { name, mountpoint, canmount } of sets) {
    if (canmount !== 'on' || !mountpoint.startsWith('/')) continue
    lines.push(`at its start this host mounts ${name} at ${mountpoint}: zfs set canmount=noauto ${name}`)
  }
  return lines
}
