import { readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DESTROYING_PREFIX, STAGING_PREFIX } from '../name.ts'
import { CLONE_SNAPSHOT } from './clone.ts'
import type { DataSets } from './datasets.ts'
import { isStagingName, mayBeAlive } from './staging.ts'
import type { Zfs } from './zfs.ts'
import { isUnknown } from './zfs-error.ts'

/**
 * Destroys what ended processes left: data sets that were being made or destroyed, their mount points, and snapshots of
 * cloneSteps that have no clone. Leaves what a process that may be alive is working on, and what has no MAKER_PROPERTY.
 * Throws the errors of zfs(8).
 */
export async function sweep(dataSets: DataSets): Promise<void> {
  const { zfs, parent } = dataSets
  const root = await dataSets.path('')
  // Read before the data sets: a living process makes the data set first, and then its mount point.
  const mountPoints = (await readdir(root).catch(() => [])).filter(isStagingName)
  const kept = new Set<string>()
  for (const { name, maker } of await zfs.list(parent)) {
    const child = name.slice(parent.length + 1)
    if (child.includes('/') || !isHidden(child)) continue
    if (maker !== undefined && !mayBeAlive(maker)) await destroyHidden(zfs, name)
    else kept.add(child)
  }
  for (const name of mountPoints) if (!kept.has(name)) await rmdir(join(root, name)).catch(() => {})
  await sweepSnapshots(zfs, parent)
}

const isHidden = (name: string): boolean =>
  name.startsWith(STAGING_PREFIX) || name.startsWith(DESTROYING_PREFIX)

/** Unmounts and destroys a data set and its descendants. */
export async function destroyHidden(zfs: Zfs, name: string): Promise<void> {
  const table = await zfs.mounts()
  const mounted = table.filter(({ source }) => source === name || source.startsWith(`${name}/`))
  for (const { point } of mounted.reverse()) await zfs.command(['umount', point])
  await destroyIfThere(zfs, ['-r', name])
}

/** Destroys the snapshots of cloneSteps that have no clone. Clones are looked for in the whole pool. */
export async function sweepSnapshots(zfs: Zfs, parent: string): Promise<void> {
  const own = (await zfs.snapshots(parent)).filter(({ name }) => CLONE_SNAPSHOT.test(name))
  if (own.length === 0) return
  const origins = new Set((await zfs.clones(parent.split('/')[0]!)).map(({ origin }) => origin))
  for (const { name, maker } of own) {
    if (origins.has(name) || (maker !== undefined && mayBeAlive(maker))) continue
    await destroyIfThere(zfs, [name])
  }
}

/** Not an error when another process has destroyed it meanwhile. */
async function destroyIfThere(zfs: Zfs, argv: string[]): Promise<void> {
  await zfs.command(['zfs', 'destroy', ...argv]).catch(error => {
    if (!isUnknown(error)) throw error
  })
}
