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
import { mountedElsewhere } from './mount.ts'
import { type DataSet, isUnknown, type Zfs } from './zfs.ts'

/** A boot environment's data sets: the root, then all below it, parents first. */
export type BeDataSets = readonly [root: DataSet, ...below: DataSet[]]

/** What lies below the parent data set, and where it belongs on the host. Changes nothing. */
export class DataSets {
  readonly zfs: Zfs
  /** `zroot/ROOT` */
  readonly parent: string
  readonly #root: string

  constructor(zfs: Zfs, parent: string, root: string) {
    this.zfs = zfs
    this.parent = parent
    this.#root = root
  }

  /** Where a boot environment, or a hidden one, is mounted. mountd refuses paths with links in them. */
  async path(name: string): Promise<string> {
    return join(await realpath(this.#root).catch(() => this.#root), name)
  }

  /** All by name. Throws BE_POOL_MISSING, BE_STORE_PARENT. */
  async all(): Promise<Map<string, BeDataSets>> {
    const all = new Map<string, [DataSet, ...DataSet[]]>()
    for (const set of await this.#below()) {
      const [name, ...inner] = set.name.slice(this.parent.length + 1).split('/') as [string]
      // A root that is never mounted is no boot environment but something to keep others in.
      if (inner.length > 0) all.get(name)?.push(set)
      else if (isBeName(name) && set.canmount !== 'off') all.set(name, [set])
    }
    return all
  }

  async #below(): Promise<DataSet[]> {
    try {
      return (await this.zfs.list(this.parent)).slice(1)
    } catch (error) {
      throw isUnknown(error) ? await this.#noParent() : error
    }
  }

  /** The data sets of one. Throws BE_NAME_INVALID, BE_UNKNOWN and those of all(). */
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

  /** One, or all. */
  async select(name?: string): Promise<Map<string, BeDataSets>> {
    return name === undefined ? this.all() : new Map([[name, await this.get(name)]])
  }

  /** Throws BE_NAME_INVALID, BE_EXISTS and those of all(). */
  async checkFree(name: string): Promise<void> {
    checkBeName(name)
    const set = `${this.parent}/${name}`
    if ((await this.#below()).some(other => other.name === set)) throw existsError(name, set)
  }

  async members(name: string, sets: BeDataSets): Promise<Member[]> {
    return members(sets, await this.path(name))
  }

  /** What its tree tells; nothing where another file system is seen at its path. */
  async inspect(name: string, [root]: BeDataSets, table: readonly MountedAt[]): Promise<BootEnvironment> {
    const path = await this.path(name)
    if (isMountedAt(table, root.name, path)) return inspect(name, path)
    return { name, path, kind: 'flat', boots: {}, mounted: false }
  }

  /** Those that have a snapshot of this name. Throws BE_SNAPSHOT_UNKNOWN when the root has none. */
  async withSnapshot(tag: string, name: string, sets: BeDataSets): Promise<BeDataSets> {
    const [root, ...below] = sets
    const names = new Set((await this.zfs.snapshots(root.name)).map(snapshot => snapshot.name))
    const has = (set: DataSet): boolean => names.has(`${set.name}@${tag}`)
    if (has(root)) return [root, ...below.filter(has)]
    throw new BeError('BE_SNAPSHOT_UNKNOWN', `${name} has no snapshot ${tag}`, {
      hint: `be list -s ${name} shows what there is`,
      exit: 'data',
    })
  }

  /**
   * Throws BE_HAS_CLONES or BE_SNAPSHOT_HELD when zfs would not destroy the snapshots of a BE, those of this tag
   * alone if there is one.
   */
  async checkDestroyable(name: string, [root]: BeDataSets, tag?: string): Promise<void> {
    const [pool] = this.parent.split('/') as [string]
    const inside = (other: string): boolean => other === root.name || other.startsWith(`${root.name}/`)
    const meant = (snapshot: string): boolean => {
      const [set, its] = snapshot.split('@') as [string, string]
      return inside(set) && (tag === undefined || its === tag)
    }
    const clones = (await this.zfs.clones(pool))
      .filter(({ origin, name }) => meant(origin) && (tag !== undefined || !inside(name)))
      .map(({ name }) => name)
    if (clones.length > 0) {
      const what = tag === undefined ? name : `${name}@${tag}`
      throw new BeError('BE_HAS_CLONES', `${what} has clones: ${clones.join(', ')}`, {
        hint: 'destroy those first, or zfs promote them',
      })
    }
    const held = (await this.zfs.snapshots(root.name)).find(one => one.holds > 0 && meant(one.name))
    if (held === undefined) return
    throw new BeError('BE_SNAPSHOT_HELD', `somebody holds the snapshot ${held.name}`, {
      hint: `zfs holds ${held.name} says who; zfs release lets go`,
    })
  }

  /**
   * Throws BE_HOST_BOOTS for what a host boots next, and BE_MOUNTED_ELSEWHERE for what somebody mounted outside of
   * its tree, be it no part of what we mount.
   */
  async checkUnused(name: string, sets: BeDataSets, table: readonly MountedAt[]): Promise<void> {
    const path = await this.path(name)
    for (const { name: set } of sets) {
      const there = table.find(({ source, point }) => source === set && !`${point}/`.startsWith(`${path}/`))
      if (there !== undefined) throw mountedElsewhere(set, there.point)
    }
    const [pool] = this.parent.split('/') as [string]
    if ((await this.zfs.bootfs(pool)) !== sets[0].name) return
    throw new BeError('BE_HOST_BOOTS', `${name} is what the host of the pool ${pool} boots next`, {
      hint: `bectl activate another one first; zpool get bootfs ${pool} shows it`,
    })
  }

  async #noParent(): Promise<BeError> {
    const [pool] = this.parent.split('/') as [string]
    const there = await this.zfs.list(pool).then(
      () => true,
      () => false,
    )
    if (there) {
      return new BeError('BE_STORE_PARENT', `there is no data set ${this.parent}`, {
        hint: `zfs create -p -o canmount=off -o mountpoint=none ${this.parent}, or set be.parent`,
        exit: 'config',
      })
    }
    return new BeError('BE_POOL_MISSING', `the pool ${pool} is not there`, {
      expected: `${this.parent}, as be.parent says`,
      hint: `zpool import ${pool}; zpool list shows what is`,
      exit: 'unavailable',
    })
  }
}

/** Throws BE_STORE_PARENT when none is configured. */
export function checkParent(parent: string | undefined): string {
  if (parent !== undefined) return parent
  throw new BeError('BE_STORE_PARENT', 'be.store = "zfs" needs be.parent', {
    expected: 'the data set that boot environments lie below, as zroot/ROOT',
    hint: 'zfs list shows what there is',
    exit: 'config',
  })
}
