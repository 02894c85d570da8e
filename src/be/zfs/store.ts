import { reason } from '../../errors/errors.ts'
import { change, type Step } from '../../host/change.ts'
import { makeDirectory } from '../../host/directory.ts'
import type { MountedAt } from '../../host/host.ts'
import { localHost } from '../../host/local.ts'
import { isMountedAt } from '../../host/mount-table.ts'
import type { BootEnvironment } from '../be.ts'
import { type Layout, makeLayout } from '../layout.ts'
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
import { type BeDataSets, DataSets } from './datasets.ts'
import { hostConflicts } from './members.ts'
import { checkElsewhere, mountSteps, umountSteps } from './mount.ts'
import { snapshotStep, snapshotsOf } from './snapshot.ts'
import { cloneSteps, emptySteps, makeSteps } from './staging.ts'
import { bury, goneSteps, sweep } from './sweep.ts'
import { SHARED_PROPERTY, Zfs, type ZfsHost } from './zfs.ts'

export interface ZfsStoreOptions {
  /** The data set below which each is one: `zroot/ROOT`. */
  parent: string
  /** Below it each is mounted: `/ROOT`. */
  root: string
  /** Where zfs, mount and umount run. The trees themselves are read and written here. */
  host?: ZfsHost
  /** Told what is wrong beside the matter. */
  say?: (line: string) => void
  /** Told the steps of a dry run. */
  show?: (step: string) => void
}

/**
 * Boot environments as libbe(3) has them: a data set each below one parent, with what is nested in it, canmount
 * noauto, so that no boot of this host mounts them. They are mounted at /ROOT/<be> by mount(8), whatever their
 * mountpoint, which is / as bectl(8) and rc.d/zfsbe want it; zfs-fuse, which only knows that property, has
 * /ROOT/<be> in it. One that the host itself runs is listed, and can be cloned; nothing else touches it.
 *
 * What is being made has a hidden name until it is whole, and what is listed is whole: a process that is killed
 * leaves hidden data sets, which the next that makes something destroys.
 */
export class ZfsStore implements BeStore {
  readonly #root: string
  readonly #zfs: Zfs
  readonly #dataSets: DataSets
  readonly #say: (line: string) => void
  readonly #show: (step: string) => void

  constructor({ parent, root, host = localHost(), say, show }: ZfsStoreOptions) {
    this.#root = root
    this.#zfs = new Zfs(host)
    this.#dataSets = new DataSets(this.#zfs, parent, root)
    this.#say = say ?? (() => {})
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
    return this.#make(name, fill, dryRun, (draft, mountpoint) =>
      emptySteps(this.#zfs, draft, mountpoint, layout),
    )
  }

  async clone(from: string, name: string, options: CloneOptions = {}): Promise<BootEnvironment> {
    const { snapshot, deep = false, adapt, dryRun = false } = options
    const [root, ...below] = await this.#dataSets.get(from)
    const wanted: BeDataSets = deep ? [root, ...below] : [root]
    const sets = snapshot === undefined ? wanted : await this.#dataSets.withSnapshot(snapshot, from, wanted)
    return this.#make(name, adapt, dryRun, (draft, mountpoint) =>
      cloneSteps(this.#zfs, draft, mountpoint, { sets, ...(snapshot !== undefined && { snapshot }) }),
    )
  }

  /** Made under a hidden name, filled there, renamed, and mounted. */
  async #make(
    name: string,
    fill: ((tree: string) => Promise<void>) | undefined,
    dryRun: boolean,
    born: (draft: string, mountpoint: string) => Step[] | Promise<Step[]>,
  ): Promise<BootEnvironment> {
    await this.#dataSets.checkFree(name)
    if (!dryRun) await this.#sweep()
    const path = await this.#dataSets.path(name)
    const steps = await makeSteps(this.#dataSets, name, born, fill)
    const mounted: Step = {
      what: `mount ${name} at ${path}`,
      apply: async () => void (await this.mount(name)),
    }
    await this.#change([...steps, mounted], dryRun)
    return dryRun ? { name, path, kind: 'flat', boots: {}, mounted: false } : this.get(name)
  }

  async destroy(name: string, options: DestroyOptions = {}): Promise<void> {
    const { force = false, inUse = [], dryRun = false } = options
    const sets = await this.#dataSets.get(name)
    if (inUse.length > 0 && !force) throw inUseError(name, inUse)
    const { steps } = await this.#unmounting(name, sets)
    await this.#dataSets.checkUnused(name, sets, await this.#zfs.mounts())
    await this.#dataSets.checkDestroyable(name, sets)
    // Hidden first: nobody ever sees, shares or boots a half of it.
    const { gone, hide } = goneSteps(this.#dataSets, sets)
    await this.#change([...steps, ...hide], dryRun)
    if (!dryRun) await bury(this.#dataSets, name, gone)
  }

  async rename(name: string, to: string, { adapt, dryRun = false }: RenameOptions = {}) {
    const sets = await this.#dataSets.get(name)
    await this.#dataSets.checkFree(to)
    const { steps, wasMounted } = await this.#unmounting(name, sets)
    const [{ name: old, mountpoint }] = sets
    const set = `${this.#dataSets.parent}/${to}`
    steps.push(this.#zfs.step(['zfs', 'rename', old, set], ['zfs', 'rename', set, old]))
    // One that is inherited follows the name by itself.
    if (mountpoint === (await this.#dataSets.path(name)) && (await this.#zfs.isLocal(old, 'mountpoint'))) {
      const argv = (path: string) => ['zfs', 'set', `mountpoint=${path}`, set]
      steps.push(this.#zfs.step(argv(await this.#dataSets.path(to)), argv(mountpoint)))
    }
    if (wasMounted || adapt !== undefined) {
      const what = `mount ${set}${wasMounted ? '' : ', write into it, unmount it'}`
      steps.push({ what, apply: () => this.#mountAndAdapt(to, adapt, wasMounted) })
    }
    await this.#change(steps, dryRun)
    return this.get(dryRun ? name : to)
  }

  /** Mounted and changed; not mounted when that fails, or it is not to stay so. */
  async #mountAndAdapt(name: string, adapt: RenameOptions['adapt'], stays: boolean): Promise<void> {
    const { path } = await this.mount(name)
    try {
      await adapt?.(path)
    } catch (error) {
      await this.umount(name)
      throw error
    }
    if (!stays) await this.umount(name).catch(error => this.#say(`${name} stays mounted: ${reason(error)}`))
  }

  /** What unmounts it; refused when it is mounted anywhere else, as what this host runs is. */
  async #unmounting(name: string, sets: BeDataSets): Promise<{ steps: Step[]; wasMounted: boolean }> {
    const table = await this.#zfs.mounts()
    const mine = await this.#dataSets.members(name, sets)
    for (const member of mine) checkElsewhere(member, table)
    const wasMounted = mine.some(({ name: set, path }) => isMountedAt(table, set, path))
    return { steps: await umountSteps(this.#zfs, mine, table), wasMounted }
  }

  async snapshot(name: string, tag?: string, dryRun = false): Promise<string> {
    const [root] = await this.#dataSets.get(name)
    const { step, tag: taken } = await snapshotStep(this.#zfs, root, tag)
    await this.#change([step], dryRun)
    return `${name}@${taken}`
  }

  async snapshots(name?: string): Promise<Snapshot[]> {
    const top = this.#dataSets.parent + (name === undefined ? '' : `/${name}`)
    return snapshotsOf(this.#zfs, top, await this.#dataSets.select(name))
  }

  async destroySnapshot(name: string, tag: string, dryRun = false): Promise<void> {
    const sets = await this.#dataSets.withSnapshot(tag, name, await this.#dataSets.get(name))
    await this.#dataSets.checkDestroyable(name, sets, tag)
    await this.#change([this.#zfs.step(['zfs', 'destroy', '-r', `${sets[0].name}@${tag}`])], dryRun)
  }

  async mount(name: string, dryRun = false): Promise<MountResult> {
    const sets = await this.#dataSets.get(name)
    if (!dryRun) this.#makeRoot()
    for (const line of hostConflicts(sets)) this.#say(line)
    const mine = await this.#dataSets.members(name, sets)
    const steps = await mountSteps(this.#zfs, mine, await this.#zfs.mounts())
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
    const mine = await this.#dataSets.members(name, sets)
    return mine.map(({ inside, path, name: dataSet }) => ({
      inside,
      path,
      dataSet,
      mounted: isMountedAt(table, dataSet, path),
    }))
  }

  noteShares(names: readonly string[], rights: string | undefined): Promise<void> {
    const roots = names.map(name => `${this.#dataSets.parent}/${name}`)
    return this.#zfs.setUserProperty(roots, SHARED_PROPERTY, rights)
  }

  #change(steps: Step[], dryRun: boolean): Promise<void> {
    return change(steps, { dryRun, ...(dryRun && { say: this.#show }) })
  }

  /** What others left over hinders nobody. */
  async #sweep(): Promise<void> {
    this.#makeRoot()
    await sweep(this.#dataSets).catch(error =>
      this.#say(`cannot destroy what a killed be left below ${this.#dataSets.parent}: ${reason(error)}`),
    )
  }

  #makeRoot(): void {
    try {
      makeDirectory(this.#root, 0o755)
    } catch (error) {
      throw hostError(error, `cannot make ${this.#root}`)
    }
  }
}
