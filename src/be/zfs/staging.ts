import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { BeError } from '../../errors/errors.ts'
import { change, type Step } from '../../host/change.ts'
import { isAlive } from '../../host/daemon.ts'
import type { Layout } from '../layout.ts'
import type { DataSets } from './datasets.ts'
import { LAYOUT_SETS } from './layout.ts'
import { members, pathInside } from './members.ts'
import { mountSteps, umountSteps } from './mount.ts'
import { timeTag } from './snapshot.ts'
import { type DataSet, MAKER_PROPERTY, type Zfs } from './zfs.ts'

/** Snapshots that clones are made from; gone with the last clone. A person's own is never called so. */
export const OWN_SNAPSHOT = /@nbe-\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d-[0-9a-f]{4}$/
const makeTag = (): string => `nbe-${timeTag()}-${randomBytes(2).toString('hex')}`
/** Data sets that are no BE yet, or no more: names that no BE can have. */
export const STAGING_PREFIX = '.new-'
export const DESTROYING_PREFIX = '.gone-'

/** Who is at it: this process on this host. */
export const thisProcess = (): string => `${hostname()}:${process.pid}`

/** Whether the process that made something can still be at it. Other hosts' are theirs to judge. */
export function mayBeAlive(making: string): boolean {
  const [, host, pid] = /^(.*):(\d+)$/.exec(making) ?? []
  return host !== hostname() || isAlive(Number(pid))
}

export const hiddenName = (prefix: string): string => prefix + randomBytes(6).toString('hex')
export const isStagingName = (name: string): boolean => /^\.new-[0-9a-f]{12}$/.test(name)

/**
 * The steps after which there is a boot environment `name`: those of `born` make its data sets under a hidden
 * name, `fill` writes into its tree there, and a rename shows it.
 */
export async function makeSteps(
  shelf: DataSets,
  name: string,
  born: (draft: string, mountpoint: string) => Step[] | Promise<Step[]>,
  fill?: (tree: string) => Promise<void>,
): Promise<Step[]> {
  const { zfs, parent } = shelf
  const secret = hiddenName(STAGING_PREFIX)
  const draft = `${parent}/${secret}`
  const path = await shelf.path(secret)
  const anywhere = await zfs.mountsAnywhere()
  const steps = await born(draft, anywhere ? '/' : path)
  if (fill !== undefined) steps.push(fillStep(zfs, draft, path, fill))
  if (!anywhere) steps.push(zfs.step(['zfs', 'set', `mountpoint=${await shelf.path(name)}`, draft]))
  const set = `${parent}/${name}`
  steps.push(zfs.step(['zfs', 'rename', draft, set], ['zfs', 'rename', set, draft]))
  steps.push(zfs.step(['zfs', 'inherit', MAKER_PROPERTY, set]))
  return steps
}

const fillStep = (zfs: Zfs, draft: string, path: string, fill: (tree: string) => Promise<void>): Step => ({
  what: `mount ${draft} at ${path}, write into it, unmount it`,
  apply: async () => {
    const mine = members(await zfs.list(draft), path)
    await change(await mountSteps(zfs, mine, await zfs.mounts()))
    try {
      await fill(path)
    } finally {
      await change(await umountSteps(zfs, mine, await zfs.mounts()))
    }
  },
})

const options = (pairs: Iterable<string>): string[] => [...pairs].flatMap(pair => ['-o', pair])

/** Steps that make an empty boot environment as the data set `draft`. */
export function emptySteps(zfs: Zfs, draft: string, mountpoint: string, layout: Layout): Step[] {
  const root = ['canmount=noauto', `mountpoint=${mountpoint}`, `${MAKER_PROPERTY}=${thisProcess()}`]
  return [
    zfs.step(['zfs', 'create', ...options(root), draft], ['zfs', 'destroy', '-r', draft]),
    ...LAYOUT_SETS[layout].map(({ inside, canmount, properties }) =>
      zfs.step(['zfs', 'create', ...options([`canmount=${canmount}`, ...properties]), `${draft}/${inside}`]),
    ),
  ]
}

/** What a clone is made of. */
export interface CloneSource {
  /** Its root and, if they are wanted, all below it: parents first. */
  sets: readonly DataSet[]
  /** Take this one, which each of the sets has; a new one without. */
  snapshot?: string
}

/** Set on the clone by us, or of no use in one: it takes no room of its own, and has the keys of its original. */
const NOT_COPIED = new Set(
  'mountpoint canmount sharenfs sharesmb reservation refreservation keylocation'.split(' '),
)

/** Steps that clone each data set of a source to `draft` and below, with what was set on it. */
export async function cloneSteps(
  zfs: Zfs,
  draft: string,
  mountpoint: string,
  { sets, snapshot }: CloneSource,
): Promise<Step[]> {
  const [root] = sets as [DataSet]
  const tag = snapshot ?? makeTag()
  const recursive = sets.length > 1 ? ['-r'] : []
  const at = `${root.name}@${tag}`
  const making = `${MAKER_PROPERTY}=${thisProcess()}`
  const steps: Step[] = []
  if (snapshot === undefined) {
    const take = ['zfs', 'snapshot', ...recursive, '-o', making, at]
    steps.push(zfs.step(take, ['zfs', 'destroy', ...recursive, at]))
  }
  for (const set of sets) {
    const to = draft + set.name.slice(root.name.length)
    const given = [...(await propertiesToCopy(zfs, set, root, mountpoint))]
    if (set === root) given.push(`mountpoint=${mountpoint}`, making)
    // Some zfs mount at once what they clone, wherever its mountpoint says, unless it is off.
    const clone = ['zfs', 'clone', ...options(['canmount=off', ...given]), `${set.name}@${tag}`, to]
    steps.push(zfs.step(clone, set === root ? ['zfs', 'destroy', '-r', draft] : undefined))
    if (set.canmount !== 'off') steps.push(zfs.step(['zfs', 'set', 'canmount=noauto', to]))
  }
  // One by one: -r does not reach snapshots.
  const taken = sets.map(set => `${set.name}@${tag}`)
  if (snapshot === undefined) steps.push(zfs.step(['zfs', 'inherit', MAKER_PROPERTY, ...taken]))
  return steps
}

/** What was set on a data set itself; a mountpoint only in terms of its new root's. */
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
    throw new BeError('BE_MOUNTPOINT', `${set.name} has a mountpoint of its own, ${own}`, {
      expected: 'one that it inherits, where zfs-fuse is to mount it',
      hint: `zfs inherit mountpoint ${set.name}`,
    })
  }
  return [...pairs, `mountpoint=${inside === undefined ? own : `/${inside}`}`]
}
