import { BeError } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import type { Host, MountedAt } from '../../host/host.ts'
import { mountTable } from '../../host/mount-table.ts'
import type { Platform } from '../../host/platform.ts'
import { Queue } from '../../host/queue.ts'
import { nodeClock } from '../../net/node.ts'
import { type RetryOptions, retry } from '../../net/retry.ts'
import { zfsError } from './zfs-error.ts'

/** Limit for one command (ms): on a pool that lost its disks zfs(8) never ends. */
const TIMEOUT_MS = 300_000

/** One command at a time: zfs-fuse fails on concurrent ones. */
const COMMAND_QUEUE = new Queue(1)

/** A zfs(8) command that fails with "busy" is repeated: what was just unmounted may stay busy for a moment. */
const WHILE_BUSY: RetryOptions = {
  clock: nodeClock,
  delaysMs: new Array<number>(10).fill(200),
  isTemporary: error => error instanceof BeError && error.code === 'BE_BUSY',
}

/** Names on one command line, at most. */
const MAX_NAMES = 500

/** User property: the process that is making or destroying a data set or snapshot, as `host:pid`. */
export const MAKER_PROPERTY = 'org.nbe:making'
/** User property: how a boot environment is shared, as `ro 192.168.2.0/24`. */
export const SHARED_PROPERTY = 'org.nbe:shared'

/** What is needed of the host that has the pool. */
export type ZfsHost = Pick<Host, 'platform' | 'run' | 'readIfThere'>

/** A file system of zfs(8). */
export interface DataSet {
  name: string
  /** The property: a path, `none` or `legacy`. It may be mounted elsewhere. */
  mountpoint: string
  canmount: 'on' | 'off' | 'noauto'
  /** The snapshot that it is a clone of. */
  origin?: string
  sharenfs: string
  /** MAKER_PROPERTY */
  maker?: string
}

export interface SnapshotRow {
  name: string
  /** Number of holds on it, see zfs-hold(8). */
  holds: number
  /** MAKER_PROPERTY */
  maker?: string
}

/**
 * zfs(8), limited to what zfs-fuse 0.7 and OpenZFS 2.x have in common: no `list -p`, no `clones` property, no `mount -o
 * mountpoint=`, no `mount -O` (which crashes zfs-fuse).
 */
export class Zfs {
  readonly #host: ZfsHost

  constructor(host: ZfsHost) {
    this.#host = host
  }

  get platform(): Platform {
    return this.#host.platform
  }

  /** Runs a program and returns its output. Throws BE_PROGRAM_…, and the errors of zfsError(). */
  command(argv: string[]): Promise<string> {
    const options = { timeoutMs: TIMEOUT_MS, platform: this.platform }
    const attempt = async () => {
      try {
        return (await COMMAND_QUEUE.run(() => this.#host.run(argv, options))).stdout
      } catch (error) {
        throw zfsError(error, argv, this.platform)
      }
    }
    return argv[0] === 'zfs' ? retry(WHILE_BUSY, attempt) : attempt()
  }

  /** A data set and all file systems below it, parents first. Throws BE_ZFS_UNKNOWN. */
  async list(top: string): Promise<DataSet[]> {
    const columns = `name,mountpoint,canmount,origin,sharenfs,${MAKER_PROPERTY}`
    const rows = await this.#rows(['zfs', 'list', '-H', '-r', '-t', 'filesystem', '-o', columns, top])
    return rows.map(([name, mountpoint, canmount, origin, sharenfs, maker]) => ({
      name: name!,
      mountpoint: mountpoint!,
      canmount: canmount as DataSet['canmount'],
      sharenfs: sharenfs!,
      ...(origin !== '-' && { origin }),
      ...(maker !== '-' && { maker }),
    }))
  }

  /** All clones in a pool, volumes included, and their origins. */
  async clones(pool: string): Promise<{ name: string; origin: string }[]> {
    const argv = ['zfs', 'list', '-H', '-r', '-t', 'filesystem,volume', '-o', 'name,origin', pool]
    const rows = await this.#rows(argv)
    return rows
      .map(([name, origin]) => ({ name: name!, origin: origin! }))
      .filter(({ origin }) => origin !== '-')
  }

  /** The pool property bootfs, the data set that a loader boots by default; undefined when it is not set. */
  async bootfs(pool: string): Promise<string | undefined> {
    const name = await this.command(['zpool', 'list', '-H', '-o', 'bootfs', pool])
    return name === '-' ? undefined : name
  }

  /** All snapshots of a data set and of its descendants. */
  async snapshots(top: string): Promise<SnapshotRow[]> {
    const columns = `name,userrefs,${MAKER_PROPERTY}`
    const rows = await this.#rows(['zfs', 'list', '-H', '-r', '-t', 'snapshot', '-o', columns, top])
    return rows.map(([name, holds, maker]) => ({
      name: name!,
      holds: Number(holds) || 0,
      ...(maker !== '-' && { maker }),
    }))
  }

  /** Numeric properties (bytes, seconds since 1970) of data sets or snapshots, by name. */
  async numbers<P extends string>(
    names: readonly string[],
    properties: readonly P[],
  ): Promise<Map<string, Record<P, number>>> {
    const found = new Map<string, Record<string, number>>()
    for (let at = 0; at < names.length; at += MAX_NAMES) {
      const batch = names.slice(at, at + MAX_NAMES)
      const argv = ['zfs', 'get', '-H', '-p', '-o', 'name,property,value', properties.join(','), ...batch]
      for (const [name, property, value] of await this.#rows(argv)) {
        found.set(name!, { ...found.get(name!), [property!]: Number(value) })
      }
    }
    return found
  }

  /** Bytes that each child of a data set takes, by name. By one command on the parent: a child may be destroyed meanwhile. */
  async used(parent: string): Promise<Map<string, number>> {
    const argv = ['zfs', 'get', '-H', '-p', '-r', '-d', '1', '-o', 'name,value', 'used', parent]
    return new Map((await this.#rows(argv)).map(([name, value]) => [name!, Number(value)]))
  }

  /** Sets a user property on data sets, or removes it (undefined). */
  async setUserProperty(
    names: readonly string[],
    property: string,
    value: string | undefined,
  ): Promise<void> {
    const how = value === undefined ? ['inherit', property] : ['set', `${property}=${value}`]
    for (let at = 0; at < names.length; at += MAX_NAMES) {
      await this.command(['zfs', ...how, ...names.slice(at, at + MAX_NAMES)])
    }
  }

  /** The native properties that are set on a data set itself, locally or by zfs receive. */
  async localProperties(name: string): Promise<Map<string, string>> {
    const argv = ['zfs', 'get', '-H', '-p', '-s', 'local,received', '-o', 'property,value', 'all', name]
    const rows = (await this.#rows(argv)).map(([property, value]) => [property!, value!] as const)
    return new Map(rows.filter(([property]) => !property.includes(':')))
  }

  /** Whether a property is set on the data set itself, not inherited. */
  async isLocal(name: string, property: string): Promise<boolean> {
    return (await this.localProperties(name)).has(property)
  }

  /** A step that runs one command, and the command that undoes it. */
  step(argv: string[], back?: string[]): Step {
    const step: Step = { what: argv.join(' '), apply: async () => void (await this.command(argv)) }
    if (back !== undefined) step.undo = async () => void (await this.command(back))
    return step
  }

  mounts(): Promise<MountedAt[]> {
    return mountTable(this.#host)
  }

  /**
   * Whether mount(8) can mount a data set at any path, whatever its mountpoint property: so it is with ZFS in the kernel
   * (FreeBSD and Linux), but zfs-fuse uses the property only.
   */
  async mountsAnywhere(): Promise<boolean> {
    if (this.platform === 'freebsd') return true
    return /^(nodev)?\tzfs$/m.test((await this.#host.readIfThere('/proc/filesystems')) ?? '')
  }

  async #rows(argv: string[]): Promise<string[][]> {
    const text = await this.command(argv)
    return text === '' ? [] : text.split('\n').map(line => line.split('\t'))
  }
}

/** Arguments that set these properties: `-o name=value` each. */
export const propertyOptions = (pairs: Iterable<string>): string[] => [...pairs].flatMap(pair => ['-o', pair])
