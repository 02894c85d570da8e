import { readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError, reason } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import type { BeDataSets, DataSets } from './datasets.ts'
import {
  DESTROYING_PREFIX,
  hiddenName,
  isStagingName,
  mayBeAlive,
  OWN_SNAPSHOT,
  STAGING_PREFIX,
  thisProcess,
} from './staging.ts'
import { isUnknown, MAKER_PROPERTY, type Zfs } from './zfs.ts'

/**
 * Destroys what processes left over that ended in the middle: data sets that never became boot environments or
 * were on their way out, their mount points, and snapshots of ours that nothing is a clone of. Never what a living process is at, nor
 * what was not marked by us. Throws what zfs(8) says.
 */
export async function sweep(shelf: DataSets): Promise<void> {
  const { zfs, parent } = shelf
  const root = await shelf.path('')
  // Looked at before the data sets: a living process makes the mount point of its draft after that.
  const points = (await readdir(root).catch(() => [])).filter(isStagingName)
  const alive = new Set<string>()
  for (const { name, maker: making } of await zfs.list(parent)) {
    const own = name.slice(parent.length + 1)
    if (own.includes('/') || !(own.startsWith(STAGING_PREFIX) || own.startsWith(DESTROYING_PREFIX))) continue
    if (making !== undefined && !mayBeAlive(making)) await destroyHidden(zfs, name)
    else alive.add(own)
  }
  for (const point of points) if (!alive.has(point)) await rmdir(join(root, point)).catch(() => {})
  await sweepSnapshots(zfs, parent)
}

async function destroyHidden(zfs: Zfs, name: string): Promise<void> {
  const table = await zfs.mounts()
  const mounted = table.filter(({ source }) => source === name || source.startsWith(`${name}/`))
  for (const { point } of mounted.reverse()) await zfs.command(['umount', point])
  await destroyIfThere(zfs, ['-r', name])
}

/** A clone may lie anywhere in the pool. */
async function sweepSnapshots(zfs: Zfs, parent: string): Promise<void> {
  const own = (await zfs.snapshots(parent)).filter(({ name }) => OWN_SNAPSHOT.test(name))
  if (own.length === 0) return
  const origins = new Set((await zfs.clones(parent.split('/')[0]!)).map(({ origin }) => origin))
  for (const { name, maker: making } of own) {
    if (origins.has(name) || (making !== undefined && mayBeAlive(making))) continue
    await destroyIfThere(zfs, [name])
  }
}

/** What another be has just destroyed is gone as it should be. */
async function destroyIfThere(zfs: Zfs, what: string[]): Promise<void> {
  await zfs.command(['zfs', 'destroy', ...what]).catch(error => {
    if (!isUnknown(error)) throw error
  })
}

/** Steps that take a boot environment out of sight, and the name that it has then. */
export function goneSteps({ zfs, parent }: DataSets, [{ name }]: BeDataSets): { gone: string; hide: Step[] } {
  const gone = `${parent}/${hiddenName(DESTROYING_PREFIX)}`
  const hide = [
    zfs.step(
      ['zfs', 'set', `${MAKER_PROPERTY}=${thisProcess()}`, name],
      ['zfs', 'inherit', MAKER_PROPERTY, name],
    ),
    zfs.step(['zfs', 'rename', name, gone], ['zfs', 'rename', gone, name]),
  ]
  return { gone, hide }
}

/** Destroys what is out of sight, and the snapshots that it was cloned from. Throws BE_DESTROY_INCOMPLETE. */
export async function bury({ zfs, parent }: DataSets, name: string, gone: string): Promise<void> {
  try {
    await destroyHidden(zfs, gone)
    await sweepSnapshots(zfs, parent)
  } catch (error) {
    throw new BeError('BE_DESTROY_INCOMPLETE', `${name} is gone, but not all of it: ${reason(error)}`, {
      hint: `zfs destroy -r ${gone}; the next be create tries it too`,
      cause: error,
    })
  }
}
