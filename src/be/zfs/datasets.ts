import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import type { MountedAt } from '../../host/host.ts'
import { isMountedAt } from '../../host/mount-table.ts'
import type { BootEnvironment } from '../be.ts'
import { checkBeName, isBeName } from '../name.ts'
import { existsError, unknownError } from '../store-errors.ts'
import { inspect } from '../system/inspect.ts'
import { type Member, members } from './members.ts'
import type { DataSet, Zfs } from './zfs.ts'
import { isUnknown } from './zfs-error.ts'

/** A boot environment's data sets: its root, then the descendants, parents first. */
export type BeDataSets = readonly [root: DataSet, ...below: DataSet[]]

/** Reads the data sets of boot environments, which are the children of one parent. Changes nothing. */
export class DataSets {
  readonly zfs: Zfs
  /** `zroot/ROOT` */
  readonly parent: string
  /** `zroot` */
  readonly pool: string
  readonly #root: string

  constructor(zfs: Zfs, parent: string, root: string) {
    this.zfs = zfs
    this.parent = parent
    this.pool = parent.split('/')[0]!
    this.#root = root
  }

  /** The path at which a boot environment, hidden or not, is mounted. Links are resolved: mountd(8) refuses them. */
  async path(name: string): Promise<string> {
    return join(await realpath(this.#root).catch(() => this.#root), name)
  }

  /** The data sets of all, by name of the boot environment. Throws BE_POOL_MISSING, BE_STORE_PARENT. */
  async all(): Promise<Map<string, BeDataSets>> {
    const all = new Map<string, [DataSet, ...DataSet[]]>()
    for (const set of await this.#descendants()) {
      const [name, ...inner] = set.name.slice(this.parent.length + 1).split('/') as [string]
      // With canmount=off it is a container, no boot environment.
      if (inner.length > 0) all.get(name)?.push(set)
      else if (isBeName(name) && set.canmount !== 'off') all.set(name, [set])
    }
    return all
  }

  async #descendants(): Promise<DataSet[]> {
    try {
      return (await this.zfs.list(this.parent)).slice(1)
    } catch (error) {
      throw isUnknown(error) ? await this.#parentError() : error
    }
  }

  /** The data sets of one. Throws BE_NAME_INVALID, BE_UNKNOWN, and what all() throws. */
  async get(name: string): Promise<BeDataSets> {
    checkBeName(name)
    try {
      const [root, ...below] = (await this.zfs.list(`${this.parent}/${name}`)) as [DataSet]
      if (root.canmount !== 'off') return [root, ...below]
    } catch (error) {
      if (!isUnknown(error)) throw error
    }
    throw unknownError(name, this.parent, [...(await this.all()).keys()])
  }

  /** The data sets of one, or of all if no name is given. */
  async select(name?: string): Promise<Map<string, BeDataSets>> {
    return name === undefined ? this.all() : new Map([[name, await this.get(name)]])
  }

  /** Throws BE_NAME_INVALID, BE_EXISTS, and what all() throws. */
  async checkFree(name: string): Promise<void> {
    checkBeName(name)
    const set = `${this.parent}/${name}`
    if ((await this.#descendants()).some(other => other.name === set)) throw existsError(name, set)
  }

  /** Those that are mounted with the boot environment. */
  async members(name: string, sets: BeDataSets): Promise<Member[]> {
    return members(sets, await this.path(name))
  }

  /** What its tree holds; unknown if its root is not mounted at its path. */
  async inspect(name: string, [root]: BeDataSets, table: readonly MountedAt[]): Promise<BootEnvironment> {
    const path = await this.path(name)
    if (isMountedAt(table, root.name, path)) return inspect(name, path)
    return { name, path, kind: 'flat', boots: {}, mounted: false }
  }

  /** Those of `sets` that have a snapshot of this tag. Throws BE_SNAPSHOT_UNKNOWN if the root has none. */
  async withSnapshot(tag: string, name: string, sets: BeDataSets): Promise<BeDataSets> {
    const [root, ...below] = sets
    const names = new Set((await this.zfs.snapshots(root.name)).map(snapshot => snapshot.name))
    const has = (set: DataSet): boolean => names.has(`${set.name}@${tag}`)
    if (has(root)) return [root, ...below.filter(has)]
    throw new BeError('BE_SNAPSHOT_UNKNOWN', `${name} has no snapshot ${tag}`, {
      hint: `be list -s ${name} shows what there is`,
    })
  }

  async #parentError(): Promise<BeError> {
    const { pool } = this
    const poolExists = await this.zfs.list(pool).then(
      () => true,
      () => false,
    )
    if (poolExists) {
      return new BeError('BE_STORE_PARENT', `there is no data set ${this.parent}`, {
        hint: `zfs create -p -o canmount=off -o mountpoint=none ${this.parent}, or set be.parent`,
      })
    }
    return new BeError('BE_POOL_MISSING', `the pool ${pool} is not there`, {
      expected: `${this.parent}, as be.parent says`,
      hint: `zpool import ${pool}; zpool list shows what is`,
    })
  }
}

/** The configured parent. Throws BE_STORE_PARENT when there is none. */
export function checkParent(parent: string | undefined): string {
  if (parent !== undefined) return parent
  throw new BeError('BE_STORE_PARENT', 'be.store = "zfs" needs be.parent', {
    expected: 'the data set that boot environments lie below, as zroot/ROOT',
    hint: 'zfs list shows what there is',
  })
}
