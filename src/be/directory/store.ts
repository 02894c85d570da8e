import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { MountedAt } from '../../host/host.ts'
import { localHost } from '../../host/local.ts'
import { isPseudoFileSystem, mountOf, mountTable, pointsBelow } from '../../host/mount-table.ts'
import { detectPlatform } from '../../host/platform.ts'
import type { BootEnvironment } from '../be.ts'
import { copyTree } from '../install/copy.ts'
import { type Layout, makeLayout } from '../layout.ts'
import { checkBeName } from '../name.ts'
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
import { hostError, inUseError, mountPointError, noSnapshotsError } from '../store-errors.ts'
import { inspect } from '../system/inspect.ts'
import { mountPointIn } from '../tree/mount-points.ts'
import { checkDestroyable, hide, removeHidden } from './destroy.ts'
import { Directories } from './directories.ts'
import { stage } from './staging.ts'
import { sweep } from './sweep.ts'

/**
 * Boot environments as directories in one root (`/ROOT`). One that is being made or destroyed has a hidden name, so all
 * that are listed are complete. A killed process leaves hidden directories, which the next change removes.
 */
export class DirectoryStore implements BeStore {
  readonly #directories: Directories
  readonly #readers: number | undefined

  /** `readers`: as makeRoot has it. */
  constructor(root: string, readers?: number) {
    this.#directories = new Directories(root)
    this.#readers = readers
  }

  async list(one?: string): Promise<BootEnvironment[]> {
    if (one !== undefined) return [await this.get(one)]
    const [root, names] = await Promise.all([this.#directories.path(''), this.#directories.names()])
    return Promise.all(names.map(name => inspect(name, join(root, name))))
  }

  async get(name: string): Promise<BootEnvironment> {
    return inspect(name, await this.#directories.get(name))
  }

  create(name: string, layout: Layout, dryRun = false): Promise<BootEnvironment> {
    return this.#make(name, dryRun, tree => makeLayout(tree, layout))
  }

  /** Copies the directory, without other file systems that are mounted in it. */
  async clone(from: string, name: string, options: CloneOptions = {}): Promise<BootEnvironment> {
    const source = await this.#directories.get(from)
    if (options.snapshot !== undefined) throw noSnapshotsError()
    return this.#make(name, options.dryRun ?? false, async tree => {
      await copyTree(source, { root: tree, platform: detectPlatform(), progress: () => {} })
      await options.adapt?.(tree)
    })
  }

  async #make(
    name: string,
    dryRun: boolean,
    fill: (tree: string) => Promise<void>,
  ): Promise<BootEnvironment> {
    const { root } = this.#directories
    checkBeName(name)
    try {
      if (!dryRun) makeRoot(root, this.#readers)
      const path = await this.#directories.checkFree(name)
      if (!dryRun) {
        const realRoot = await this.#directories.path('')
        await sweep(realRoot)
        await stage(realRoot, name, fill)
      }
      return await inspect(name, path)
    } catch (error) {
      throw hostError(error, `cannot create ${name} in ${root}`)
    }
  }

  async destroy(name: string, options: DestroyOptions = {}): Promise<void> {
    const { force = false, inUse = [], dryRun = false } = options
    const path = await this.#directories.get(name)
    if (inUse.length > 0 && !force) throw inUseError(name, inUse)
    const root = await this.#directories.path('')
    let hidden: string
    try {
      await checkDestroyable(name, path)
      if (dryRun) return
      // Renamed to a hidden name first, so that it disappears at once.
      hidden = await hide(root, path)
    } catch (error) {
      throw hostError(error, `cannot destroy ${name}`)
    }
    await sweep(root)
    await removeHidden(name, hidden)
  }

  async rename(name: string, to: string, options: RenameOptions = {}): Promise<BootEnvironment> {
    const { adapt, dryRun = false } = options
    const path = await this.#directories.get(name)
    checkBeName(to)
    try {
      const next = await this.#directories.checkFree(to)
      const mounted = await mountPointIn(path)
      if (mounted !== undefined) throw mountPointError(mounted, `${name} cannot be renamed`)
      if (dryRun) return await inspect(name, path)
      await rename(path, next)
      try {
        await adapt?.(next)
      } catch (error) {
        await rename(next, path)
        throw error
      }
    } catch (error) {
      throw hostError(error, `cannot rename ${name}`)
    }
    return this.get(to)
  }

  async snapshot(name: string): Promise<string> {
    await this.#directories.get(name)
    throw noSnapshotsError()
  }

  async snapshots(name?: string): Promise<Snapshot[]> {
    if (name !== undefined) await this.#directories.get(name)
    throw noSnapshotsError()
  }

  async destroySnapshot(name: string): Promise<void> {
    await this.#directories.get(name)
    throw noSnapshotsError()
  }

  async mount(name: string): Promise<MountResult> {
    const path = await this.#directories.get(name)
    return { path, mounted: true, note: `${name} is a directory, always there: ${path}` }
  }

  async umount(name: string): Promise<MountResult> {
    const path = await this.#directories.get(name)
    return { path, mounted: true, note: `${name} is a directory and stays there: ${path}` }
  }

  /** Does nothing: a directory has no properties to record it in. */
  async noteShares(): Promise<void> {}

  async fileSystems(name: string): Promise<BeFileSystem[]> {
    const path = await this.#directories.get(name)
    return fileSystemsAt(path, await mountTable(localHost()))
  }

  async allFileSystems(): Promise<Map<string, BeFileSystem[]>> {
    const [root, names] = await Promise.all([this.#directories.path(''), this.#directories.names()])
    const table = await mountTable(localHost())
    return new Map(names.map(name => [name, fileSystemsAt(join(root, name), table)]))
  }
}

/** The directory and what is mounted in it, without pseudo file systems: the guest mounts its own /dev and /proc. */
const fileSystemsAt = (path: string, table: readonly MountedAt[]): BeFileSystem[] =>
  [path, ...pointsBelow(table, path)]
    .filter(at => at === path || !isPseudoFileSystem(mountOf(table, at).type))
    .map(at => ({ inside: at.slice(path.length + 1), path: at, mounted: true }))
