import { BeError } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import { randomHex } from '../../host/random.ts'
import { pathInside } from './members.ts'
import { timeTag } from './snapshot.ts'
import { thisProcess } from './staging.ts'
import { type DataSet, MAKER_PROPERTY, propertyOptions, type Zfs } from './zfs.ts'

/** Names of the snapshots that cloneSteps takes; they are destroyed with the last clone. */
export const CLONE_SNAPSHOT = /@nbe-\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d-[0-9a-f]{4}$/
const cloneTag = (): string => `nbe-${timeTag()}-${randomHex(2)}`

/** What is cloned. */
export interface CloneSource {
  /** The root and, for a deep clone, its descendants, parents first. */
  sets: readonly DataSet[]
  /** The tag of a snapshot that all of them have; default: one is taken. */
  snapshot?: string
}

/** Steps that clone each data set of a source to `staging` and below, with the properties that are set on it. */
export async function cloneSteps(
  zfs: Zfs,
  staging: string,
  mountpoint: string,
  { sets, snapshot }: CloneSource,
): Promise<Step[]> {
  const [root] = sets as [DataSet]
  const tag = snapshot ?? cloneTag()
  const recursive = sets.length > 1 ? ['-r'] : []
  const maker = `${MAKER_PROPERTY}=${thisProcess()}`
  const steps: Step[] = []
  if (snapshot === undefined) {
    const taken = `${root.name}@${tag}`
    const take = ['zfs', 'snapshot', ...recursive, '-o', maker, taken]
    steps.push(zfs.step(take, ['zfs', 'destroy', ...recursive, taken]))
  }
  for (const set of sets) {
    const to = staging + set.name.slice(root.name.length)
    const properties = await propertiesToCopy(zfs, set, root, mountpoint)
    if (set === root) properties.push(`mountpoint=${mountpoint}`, maker)
    // Some versions of ZFS mount a clone at once at its mountpoint, unless canmount is off.
    const argv = ['clone', ...propertyOptions(['canmount=off', ...properties]), `${set.name}@${tag}`, to]
    steps.push(zfs.step(['zfs', ...argv], set === root ? ['zfs', 'destroy', '-r', staging] : undefined))
    if (set.canmount !== 'off') steps.push(zfs.step(['zfs', 'set', 'canmount=noauto', to]))
  }
  // Named one by one: zfs inherit -r does not include snapshots.
  const snapshots = sets.map(set => `${set.name}@${tag}`)
  if (snapshot === undefined) steps.push(zfs.step(['zfs', 'inherit', MAKER_PROPERTY, ...snapshots]))
  return steps
}

/**
 * Properties that are not copied: set on the clone by cloneSteps, or of no use in one, which takes no space of its own
 * and has the encryption keys of its origin.
 */
const NOT_COPIED = new Set(
  'mountpoint canmount sharenfs sharesmb reservation refreservation keylocation'.split(' '),
)

/** `name=value` for what is set on a data set itself; its mountpoint as a path below the new root's. */
async function propertiesToCopy(
  zfs: Zfs,
  set: DataSet,
  root: DataSet,
  mountpoint: string,
): Promise<string[]> {
  const properties = await zfs.localProperties(set.name)
  const pairs = [...properties]
    .filter(([name]) => !NOT_COPIED.has(name))
    .map(([name, value]) => `${name}=${value}`)
  const own = set === root ? undefined : properties.get('mountpoint')
  if (own === undefined) return pairs
  const inside = own.startsWith('/') ? pathInside(set, root) : undefined
  if (inside !== undefined && mountpoint !== '/') {
    throw new BeError('BE_ZFS_MOUNTPOINT', `${set.name} has a mountpoint of its own, ${own}`, {
      expected: 'one that it inherits, where zfs-fuse is to mount it',
      hint: `zfs inherit mountpoint ${set.name}`,
    })
  }
  return [...pairs, `mountpoint=${inside === undefined ? own : `/${inside}`}`]
}
