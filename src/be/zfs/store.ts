import { reason } from '../../errors/errors.ts'
import { change, type Step } from '../../host/change.ts'
import type { MountedAt } from '../../host/host.ts'
import { localHost } from '../../host/local.ts'
import { isMountedAt } from '../../host/mount-table.ts'
import type { BootEnvironment } from '../be.ts'
import { type Layout, makeLayout } from '../layout.ts'
import { makeRoot } from '../root.ts'
import type {
  BeFileSystem,
  BeStore,
  CloneOptions,
  DestroyOptions,
  MountResult,
  RenameOptions,
  Snapshot,
} from '../store.ts'
import { hostError, inUseError } from '../store-errors.ts'
import { cloneSteps } from './clone.ts'
import { type BeDataSets, DataSets } from './datasets.ts'
import { checkDestroyable, checkUnused, hideSteps, removeHidden } from './destroy.ts'
import { layoutSteps } from './layout.ts'
import { hostConflicts } from './members.ts'
import { checkNotElsewhere, mountSteps, umountSteps } from './mount.ts'
import { renameSteps } from './rename.ts'
import { snapshotStep, snapshotsOf } from './snapshot.ts'
import { type CreateSteps, stagingSteps } from './staging.ts'
import { sweep } from './sweep.ts'
import { SHARED_PROPERTY, Zfs, type ZfsHost } from './zfs.ts'

export interface ZfsStoreOptions {
  /** The data set whose children are the boot environments: `zroot/ROOT`. */
  parent: string
  /** The directory in which they are mounted: `/ROOT`. */
  root: string
  /** Runs zfs, mount and umount. The trees are read and written on this host in any case. */
  host?: ZfsHost
  /** As makeRoot has it. */
  readers?: number | undefined
  /** Receives warnings. */
  warn?: (line: string) => void
  /** Receives the steps of a dry run. */
  show?: (step: string) => void
}

/**
 * Boot environments as in libbe(3): each a child of one parent data set, with its descendants, canmount=noauto, so that
 * booting this host mounts none of them. They are mounted at /ROOT/<be> by mount(8), whatever their mountpoint property,
 * which is / as bectl(8) and rc.d/zfsbe require; for zfs-fuse, which can only mount there, it is /ROOT/<be>. The one
 * that the host itself runs is listed and can be cloned, but is not changed.
 *
 * A boot environment that is being made has a hidden name until it is complete, so all that are listed are complete. A
 * killed process leaves hidden data sets, which the next create or clone destroys.
 */
export class ZfsStore implements BeStore {
  readonly #root: string
  readonly #readers: number | undefined
  readonly #zfs: Zfs
  readonly #dataSets: DataSets
  readonly #warn: (line: string) => void
  readonly #show: (step: string) => void

  constructor({ parent, root, readers, host = localHost(), warn, show }: ZfsStoreOptions) {
    this.#root = root
    this.#readers = readers
    this.#zfs = new Zfs(host)
    this.#dataSets = new DataSets(this.#zfs, parent, root)
    this.#warn = warn ?? (() => {})
    this.#show = show ?? (() => {})
  }

  async list(one?: string): Promise<BootEnvironment[]> {
    const all = [...(await this.#dataSets.select(one))]
    const table = await this.#zfs.mounts()
    const used = await this.#zfs.used(this.#dataSets.parent)
    return Promise.all(
      all.map(async ([name, sets]) => {
        const [{ name: set, origin }] = sets
        const dataSet = { name: set, used: used.get(set) ?? 0, ...(origin && { origin }) }
        return { ...(await this.#dataSets.inspect(name, sets, table)), dataSet }
      }),
    )
  }

  async get(name: string): Promise<BootEnvironment> {
    return this.#dataSets.inspect(name, await this.#dataSets.get(name), await this.#zfs.mounts())
  }

  async create(name: string, layout: Layout, dryRun = false): Promise<BootEnvironment> {
    const fill = layout === 'flat' ? undefined : (tree: string) => makeLayout(tree, layout)
    return this.#make(name, dryRun, fill, (staging, mountpoint) =>
      layoutSteps(this.#zfs, staging, mountpoint, layout),
    )
  }

  async clone(from: string, name: string, options: CloneOptions = {}): Promise<BootEnvironment> {
    const { snapshot, deep = false, adapt, dryRun = false } = options
    const [root, ...below] = await this.#dataSets.get(from)
    const wanted: BeDataSets = deep ? [root, ...below] : [root]
    const sets = snapshot === undefined ? wanted : await this.#dataSets.withSnapshot(snapshot, from, wanted)
    return this.#make(name, dryRun, adapt, (staging, mountpoint) =>
      cloneSteps(this.#zfs, staging, mountpoint, { sets, ...(snapshot !== undefined && { snapshot }) }),
    )
  }

  /** Makes a boot environment and mounts it. */
  async #make(
    name: string,
    dryRun: boolean,
    fill: ((tree: string) => Promise<void>) | undefined,
    create: CreateSteps,
  ): Promise<BootEnvironment> {
    await this.#dataSets.checkFree(name)
    if (!dryRun) await this.#sweep()
    const path = await this.#dataSets.path(name)
    const steps = await stagingSteps(this.#dataSets, name, create, fill)
    const mounting: Step = {
      what: `mount ${name} at ${path}`,
      apply: async () => void (await this.mount(name)),
    }
    await this.#change([...steps, mounting], dryRun)
    return dryRun ? { name, path, kind: 'flat', boots: {}, mounted: false } : this.get(name)
  }

  async destroy(name: string, options: DestroyOptions = {}): Promise<void> {
    const { force = false, inUse = [], dryRun = false } = options
    const sets = await this.#dataSets.get(name)
    if (inUse.length > 0 && !force) throw inUseError(name, inUse)
    const { steps: unmounting } = await this.#unmounting(name, sets)
    await checkUnused(this.#dataSets, name, sets, await this.#zfs.mounts())
    await checkDestroyable(this.#dataSets, name, sets)
    // Renamed to a hidden name first, so that it disappears at once.
    const { hidden, steps } = hideSteps(this.#dataSets, sets)
    await this.#change([...unmounting, ...steps], dryRun)
    if (!dryRun) await removeHidden(this.#dataSets, name, hidden)
  }

  async rename(name: string, to: string, options: RenameOptions = {}): Promise<BootEnvironment> {
    const { adapt, dryRun = false } = options
    const sets = await this.#dataSets.get(name)
    await this.#dataSets.checkFree(to)
    const { steps, wasMounted } = await this.#unmounting(name, sets)
    steps.push(...(await renameSteps(this.#dataSets, name, to, sets)))
    if (wasMounted || adapt !== undefined) {
      const what = `mount ${this.#dataSets.parent}/${to}${wasMounted ? '' : ', write into it, unmount it'}`
      steps.push({ what, apply: () => this.#mountAndAdapt(to, adapt, wasMounted) })
    }
    await this.#change(steps, dryRun)
    return this.get(dryRun ? name : to)
  }

  /** Mounts it and changes its tree; unmounts it unless it is to stay mounted, or if that fails. */
  async #mountAndAdapt(name: string, adapt: RenameOptions['adapt'], staysMounted: boolean): Promise<void> {
    const { path } = await this.mount(name)
    try {
      await adapt?.(path)
    } catch (error) {
      await this.umount(name)
      throw error
    }
    if (staysMounted) return
    await this.umount(name).catch(error => this.#warn(`${name} stays mounted: ${reason(error)}`))
  }

  /** The steps that unmount it. Throws BE_MOUNTED_ELSEWHERE, as for the one that this host runs, and BE_MOUNTED_BELOW. */
  async #unmounting(name: string, sets: BeDataSets): Promise<{ steps: Step[]; wasMounted: boolean }> {
    const table = await this.#zfs.mounts()
    const members = await this.#dataSets.members(name, sets)
    for (const member of members) checkNotElsewhere(member, table)
    const wasMounted = members.some(({ name: set, path }) => isMountedAt(table, set, path))
    return { steps: await umountSteps(this.#zfs, members, table), wasMounted }
  }

  async snapshot(name: string, tag?: string, dryRun = false): Promise<string> {
    const [root] = await this.#dataSets.get(name)
    const { step, tag: taken } = await snapshotStep(this.#zfs, root, tag)
    await this.#change([step], dryRun)
    return `${name}@${taken}`
  }

  async snapshots(name?: string): Promise<Snapshot[]> {
    const { parent } = this.#dataSets
    const top = name === undefined ? parent : `${parent}/${name}`
    return snapshotsOf(this.#zfs, top, await this.#dataSets.select(name))
  }

  async destroySnapshot(name: string, tag: string, dryRun = false): Promise<void> {
    const sets = await this.#dataSets.withSnapshot(tag, name, await this.#dataSets.get(name))
    await checkDestroyable(this.#dataSets, name, sets, tag)
    await this.#change([this.#zfs.step(['zfs', 'destroy', '-r', `${sets[0].name}@${tag}`])], dryRun)
  }

  async mount(name: string, dryRun = false): Promise<MountResult> {
    const sets = await this.#dataSets.get(name)
    if (!dryRun) this.#makeRoot()
    for (const warning of hostConflicts(sets)) this.#warn(warning)
    const members = await this.#dataSets.members(name, sets)
    const steps = await mountSteps(this.#zfs, members, await this.#zfs.mounts())
    await this.#change(steps, dryRun)
    const path = await this.#dataSets.path(name)
    const how = steps.length === 0 ? 'was mounted already' : dryRun ? 'would be mounted' : 'is mounted'
    return { path, mounted: !dryRun || steps.length === 0, note: `${name} ${how} at ${path}` }
  }

  async umount(name: string, dryRun = false): Promise<MountResult> {
    const { steps, wasMounted } = await this.#unmounting(name, await this.#dataSets.get(name))
    await this.#change(steps, dryRun)
    const how = wasMounted ? (dryRun ? 'would be unmounted' : 'is unmounted') : 'was not mounted'
    return { path: await this.#dataSets.path(name), mounted: wasMounted && dryRun, note: `${name} ${how}` }
  }

  noteShares(names: readonly string[], rights: string | undefined): Promise<void> {
    const roots = names.map(name => `${this.#dataSets.parent}/${name}`)
    return this.#zfs.setUserProperty(roots, SHARED_PROPERTY, rights)
  }

  async fileSystems(name: string): Promise<BeFileSystem[]> {
    return this.#fileSystems(name, await this.#dataSets.get(name), await this.#zfs.mounts())
  }

  async allFileSystems(): Promise<Map<string, BeFileSystem[]>> {
    const all = await this.#dataSets.all()
    const table = await this.#zfs.mounts()
    const found = new Map<string, BeFileSystem[]>()
    for (const [name, sets] of all) found.set(name, await this.#fileSystems(name, sets, table))
    return found
  }

  async #fileSystems(name: string, sets: BeDataSets, table: readonly MountedAt[]): Promise<BeFileSystem[]> {
    const members = await this.#dataSets.members(name, sets)
    return members.map(({ inside, path, name: dataSet }) => ({
      inside,
      path,
      dataSet,
      mounted: isMountedAt(table, dataSet, path),
    }))
  }

  #change(steps: Step[], dryRun: boolean): Promise<void> {
    return change(steps, { dryRun, ...(dryRun && { say: this.#show }) })
  }

  /** Destroys what killed processes left. A failure is only a warning. */
  async #sweep(): Promise<void> {
    this.#makeRoot()
    await sweep(this.#dataSets).catch(error =>
      this.#warn(`cannot destroy what a killed be left below ${this.#dataSets.parent}: ${reason(error)}`),
    )
  }

  #makeRoot(): void {
    try {
      makeRoot(this.#root, this.#readers)
    } catch (error) {
      throw hostError(error, `cannot make ${this.#root}`)
    }
  }
}
