import { BeError, reason } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import type { MountedAt } from '../../host/host.ts'
import { DESTROYING_PREFIX } from '../name.ts'
import type { BeDataSets, DataSets } from './datasets.ts'
import { mountedElsewhereError } from './mount.ts'
import { hiddenName, thisProcess } from './staging.ts'
import { destroyHidden, sweepSnapshots } from './sweep.ts'
import { MAKER_PROPERTY } from './zfs.ts'

/**
 * Throws BE_HOST_BOOTS for what a host boots next, and BE_MOUNTED_ELSEWHERE if any of the data sets is mounted outside
 * of the BE's tree, including those that the store does not mount.
 */
export async function checkUnused(
  dataSets: DataSets,
  name: string,
  sets: BeDataSets,
  table: readonly MountedAt[],
): Promise<void> {
  const path = await dataSets.path(name)
  for (const { name: set } of sets) {
    const elsewhere = table.find(({ source, point }) => source === set && !`${point}/`.startsWith(`${path}/`))
    if (elsewhere !== undefined) throw mountedElsewhereError(set, elsewhere.point)
  }
  const { pool } = dataSets
  if ((await dataSets.zfs.bootfs(pool)) !== sets[0].name) return
  throw new BeError('BE_HOST_BOOTS', `${name} is what the host of the pool ${pool} boots next`, {
    hint: `bectl activate another one first; zpool get bootfs ${pool} shows it`,
  })
}

/**
 * Throws BE_HAS_CLONES or BE_SNAPSHOT_HELD if zfs(8) would not destroy the snapshots of a BE; with `tag`, only the
 * snapshots of that tag are meant.
 */
export async function checkDestroyable(
  { zfs, pool }: DataSets,
  name: string,
  [root]: BeDataSets,
  tag?: string,
): Promise<void> {
  const isOwn = (set: string): boolean => set === root.name || set.startsWith(`${root.name}/`)
  const isMeant = (snapshot: string): boolean => {
    const [set, itsTag] = snapshot.split('@') as [string, string]
    return isOwn(set) && (tag === undefined || itsTag === tag)
  }
  // Clones within the BE are destroyed with it, but stand in the way of a single snapshot.
  const clones = (await zfs.clones(pool))
    .filter(({ origin, name: clone }) => isMeant(origin) && (tag !== undefined || !isOwn(clone)))
    .map(({ name: clone }) => clone)
  if (clones.length > 0) {
    const what = tag === undefined ? name : `${name}@${tag}`
    throw new BeError('BE_HAS_CLONES', `${what} has clones: ${clones.join(', ')}`, {
      hint: 'destroy those first, or zfs promote them',
    })
  }
  const held = (await zfs.snapshots(root.name)).find(one => one.holds > 0 && isMeant(one.name))
  if (held === undefined) return
  throw new BeError('BE_SNAPSHOT_HELD', `somebody holds the snapshot ${held.name}`, {
    hint: `zfs holds ${held.name} says who; zfs release lets go`,
  })
}

/** The steps that rename a boot environment to a hidden name, and that name. */
export function hideSteps(
  { zfs, parent }: DataSets,
  [{ name }]: BeDataSets,
): { hidden: string; steps: Step[] } {
  const hidden = `${parent}/${hiddenName(DESTROYING_PREFIX)}`
  const steps = [
    zfs.step(
      ['zfs', 'set', `${MAKER_PROPERTY}=${thisProcess()}`, name],
      ['zfs', 'inherit', MAKER_PROPERTY, name],
    ),
    zfs.step(['zfs', 'rename', name, hidden], ['zfs', 'rename', hidden, name]),
  ]
  return { hidden, steps }
}

/** Destroys a hidden boot environment and the snapshots that it was cloned from. Throws BE_DESTROY_INCOMPLETE. */
export async function removeHidden({ zfs, parent }: DataSets, name: string, hidden: string): Promise<void> {
  try {
    await destroyHidden(zfs, hidden)
    await sweepSnapshots(zfs, parent)
  } catch (error) {
    throw new BeError('BE_DESTROY_INCOMPLETE', `${name} is gone, but not all of it: ${reason(error)}`, {
      hint: `zfs destroy -r ${hidden}; the next be create tries it too`,
      cause: error,
    })
  }
}
