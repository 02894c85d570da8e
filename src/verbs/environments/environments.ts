import { rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { giveIdentity } from '../../be/adapt/identity.ts'
import { retarget } from '../../be/adapt/retarget.ts'
import type { BootEnvironment } from '../../be/be.ts'
import { parseBeName } from '../../be/name.ts'
import type { BeFileSystem, MountResult, Snapshot } from '../../be/store.ts'
import { BeError, reason } from '../../errors/errors.ts'
import type { Machine } from '../../machines/machine.ts'
import type { Appliance } from '../appliance.ts'
import { share, unshare } from '../shares/share.ts'
import { checkTreeUnused } from '../trees/tree-users.ts'

/** A boot environment as `be list` shows it. */
export interface Listed extends BootEnvironment {
  shared?: 'ro' | 'rw'
  uses: string[]
}

/** `test` of `test`, `bd/be/test`. */
const nameIn = (be: Appliance, text: string): string => parseBeName(text, be.settings['be.parent'])

/** `test@tag` in its parts. */
function snapshotIn(be: Appliance, text: string): { name: string; tag?: string } {
  const [name, ...tag] = text.split('@') as [string]
  return { name: nameIn(be, name), ...(tag.length > 0 && { tag: tag.join('@') }) }
}

/** What `name`, whose path is that of `like` or beside it, is called whole: its path, its data set. */
function wholeNames(be: Appliance, name: string, like: string): string[] {
  const parent = be.settings['be.parent']
  return [join(dirname(like), name), ...(parent === undefined ? [] : [`${parent}/${name}`])]
}

/** The new one's file systems instead of the old one's, where it names them. */
async function retargeting(
  be: Appliance,
  from: string,
  to: string,
): Promise<(tree: string) => Promise<void>> {
  const { path } = await be.store.get(from)
  return tree => retarget(tree, wholeNames(be, from, path), wholeNames(be, to, path))
}

/** All, or one. */
export async function listEnvironments(be: Appliance, text?: string): Promise<Listed[]> {
  const { assignments, shares } = be
  const wanted = await be.store.list(text === undefined ? undefined : nameIn(be, text))
  return wanted.map(one => {
    const share = shares.get(one.name)
    const uses = assignments.usesOf(one.name)
    return { ...one, ...(share && { shared: share.readOnly ? ('ro' as const) : ('rw' as const) }), uses }
  })
}

/** The file systems of one, or of all. */
export async function listFileSystems(
  be: Appliance,
  text?: string,
): Promise<(BeFileSystem & { be: string })[]> {
  const name = text === undefined ? undefined : nameIn(be, text)
  const all =
    name === undefined ? await be.store.allFileSystems() : new Map([[name, await be.store.fileSystems(name)]])
  return [...all].flatMap(([be, fileSystems]) => fileSystems.map(fileSystem => ({ be, ...fileSystem })))
}

export const listSnapshots = (be: Appliance, text?: string): Promise<Snapshot[]> =>
  be.store.snapshots(text === undefined ? undefined : nameIn(be, text))

/** What `be create -e` and `be clone` are told. */
export interface CloneRequest {
  /** `test`, or `test@tag`. */
  from: string
  /** Its name; `test-m1` for a machine m1 without one. */
  to?: string
  /** The data sets below its root too. */
  deep: boolean
  /** The machine whose own it is to be, by name or MAC. */
  machine?: string
}

export async function cloneEnvironment(be: Appliance, request: CloneRequest): Promise<BootEnvironment> {
  const machine = request.machine === undefined ? undefined : be.inventory.find(request.machine)
  const { name: from, tag } = snapshotIn(be, request.from)
  const to = nameIn(be, request.to ?? defaultName(from, machine))
  const mountsOwn = await retargeting(be, from, to)
  const adapt = async (tree: string): Promise<void> => {
    await mountsOwn(tree)
    if (machine !== undefined) await giveIdentity(tree, machine.host ?? machine.name)
  }
  const options = {
    deep: request.deep,
    adapt,
    dryRun: be.dryRun,
    ...(tag !== undefined && { snapshot: tag }),
  }
  const made = await be.store.clone(from, to, options)
  if (be.dryRun) be.say(`would make ${made.path} of ${request.from}`)
  return made
}

function defaultName(from: string, machine: Machine | undefined): string {
  if (machine !== undefined) return `${from}-${machine.name}`
  throw new BeError('BE_USAGE', `no name for the clone of ${from}`, {
    expected: 'a second name, or --for MACHINE',
    hint: 'see be help clone',
    exit: 'usage',
  })
}

/** Destroys `test`, or the snapshot `test@tag`. Answers its name. */
export async function destroyEnvironment(be: Appliance, text: string, force: boolean): Promise<string> {
  const { name, tag } = snapshotIn(be, text)
  if (tag === undefined) return destroyWhole(be, name, force)
  await be.store.destroySnapshot(name, tag, be.dryRun)
  return `${name}@${tag}`
}

/** Takes its export back first: never the other way round. */
async function destroyWhole(be: Appliance, name: string, force: boolean): Promise<string> {
  const shared = be.shares.get(name) !== undefined
  const inUse = [...(shared ? ['shared'] : []), ...be.assignments.usesOf(name)]
  await be.store.destroy(name, { force, inUse, dryRun: true })
  if (be.dryRun) {
    be.say(`would destroy ${name}${inUse.length > 0 ? `, which is ${inUse.join(', ')}` : ''}`)
    return name
  }
  try {
    await unshared(be, name, force, () => be.store.destroy(name, { force }))
  } finally {
    if (!(await exists(be, name))) reassign(be, name)
  }
  return name
}

/** Machines that boot `name` boot `to` from now on; without, what they boot without an assignment. */
function reassign(be: Appliance, name: string, to?: string): void {
  const machines = be.assignments.machinesOf(name).map(machine => machine.name)
  const whom = [...machines, ...(be.assignments.defaultBe() === name ? [undefined] : [])]
  be.database.transaction(() => {
    for (const machine of whom) {
      if (to === undefined) be.assignments.unassign(machine)
      else be.assignments.assign(to, machine)
    }
    be.assignments.renameOnce(name, to)
  })
}

/**
 * Renames one; who boots it boots it under its new name, and it is shared again if it was. Should that fail, it
 * has its new name all the same, and the error says how to share it.
 */
export async function renameEnvironment(
  be: Appliance,
  text: string,
  toText: string,
): Promise<BootEnvironment> {
  const [name, to] = [nameIn(be, text), nameIn(be, toText)]
  const share = be.shares.get(name)
  await checkTreeUnused(be, name)
  const adapt = await retargeting(be, name, to)
  const dry = await be.store.rename(name, to, { dryRun: true })
  if (be.dryRun) {
    be.say(`would rename ${name} to ${to}${share === undefined ? '' : ', shared again under that name'}`)
    return dry
  }
  const renamed = await unshared(be, name, false, () => be.store.rename(name, to, { adapt }))
  reassign(be, name, to)
  if (share !== undefined) await shareAgain(be, to, share.readOnly)
  return renamed
}

/** Does the work with the export of `name` taken back; should it fail, what is still there is shared as it was. */
async function unshared<T>(be: Appliance, name: string, force: boolean, work: () => Promise<T>): Promise<T> {
  const before = be.shares.get(name)
  if (before === undefined) return work()
  await unshare(be, [name], { force })
  try {
    return await work()
  } catch (error) {
    if (await exists(be, name)) {
      const again = share(be, [name], { readOnly: before.readOnly, force })
      await again.catch(more => be.say(`${name} is not shared any more: ${reason(more)}`))
    }
    throw error
  }
}

const exists = (be: Appliance, name: string): Promise<boolean> =>
  be.store.get(name).then(
    () => true,
    error => !(error instanceof BeError && error.code === 'BE_UNKNOWN'),
  )

async function shareAgain(be: Appliance, name: string, readOnly: boolean): Promise<void> {
  try {
    await be.share(name, readOnly)
  } catch (error) {
    throw new BeError(
      'BE_NOT_SHARED_AGAIN',
      `${name} has its new name, but is not shared: ${reason(error)}`,
      {
        hint: `be sharenfs --${readOnly ? 'ro' : 'rw'} ${name}`,
        cause: error,
      },
    )
  }
}

/** Takes a snapshot of `test@tag`; `test` gets the time for a tag. */
export async function snapshotEnvironment(be: Appliance, text: string): Promise<string> {
  const { name, tag } = snapshotIn(be, text)
  return be.store.snapshot(name, tag, be.dryRun)
}

export const mountEnvironment = (be: Appliance, text: string): Promise<MountResult> =>
  be.store.mount(nameIn(be, text), be.dryRun)

/** An export without its file system would be that of the host's own below it: never while it is shared. */
export async function umountEnvironment(be: Appliance, text: string, force: boolean): Promise<MountResult> {
  const name = nameIn(be, text)
  const shared = be.shares.get(name) !== undefined
  if (shared && !force) {
    throw new BeError('BE_IN_USE', `${name} is shared: its path would export the directory below`, {
      hint: `be unshare ${name} first, or be umount -f ${name}`,
    })
  }
  await checkTreeUnused(be, name)
  if (!be.dryRun) return unshared(be, name, force, () => be.store.umount(name))
  if (shared) be.say(`would unshare ${name}`)
  return be.store.umount(name, true)
}

/** `be mount -a`. Throws BE_NOT_MOUNTED when all is done that could be. */
export async function mountAllShared(be: Appliance): Promise<void> {
  const failed = await mountShared(be)
  if (failed.length === 0) return
  throw new BeError('BE_NOT_MOUNTED', `shared, but not mounted: ${failed.join(', ')}`, {
    hint: 'be mount -a again, or be unshare',
    exit: 'unavailable',
  })
}

/**
 * Mounts all that is shared, as after a start of the host. Answers the names of those that cannot be, which are
 * told and hold up no other.
 */
export async function mountShared(be: Appliance): Promise<string[]> {
  const failed: string[] = []
  // Of many all are mounted, as a rule; should it fail, each says why.
  const known = await be.store.allFileSystems().catch(() => undefined)
  for (const { be: name, path } of be.shares.all()) {
    if (known?.get(name)?.every(({ mounted }) => mounted)) continue
    try {
      await be.store.mount(name, be.dryRun)
    } catch (error) {
      failed.push(name)
      be.say(`cannot mount ${name}, which is shared: ${reason(error)}`)
      // mountd(8) would export an empty directory that was its mount point: the host's own file system.
      if (!be.dryRun) await rmdir(path).catch(() => {})
    }
  }
  return failed
}
