import { setTimeout } from 'node:timers/promises'
import { BeError, type ExitName } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import type { Host, MountedAt } from '../../host/host.ts'
import { mountTable } from '../../host/mount-table.ts'
import type { Platform } from '../../host/platform.ts'
import { Queue } from '../../host/queue.ts'
import { endingOf } from '../../host/run.ts'

/** A pool that has lost its disks makes zfs(8) wait for ever. */
const TIMEOUT_MS = 300_000

/** A thousand BEs that are asked for at once are no thousand processes; zfs-fuse stumbles over two. */
const COMMAND_QUEUE = new Queue(1)

/** What was just unmounted stays busy for a moment: zfs(8) is asked again, so often, after so long. */
const BUSY_RETRIES = 10
const BUSY_PAUSE_MS = 200

/** Names in one command line. */
const BATCH = 500

/** Who makes a data set, or the snapshot for one, as `host:pid`: what its end leaves over can be told. */
export const MAKER_PROPERTY = 'org.nbe:making'
/** How a boot environment is shared: `ro 192.168.2.0/24`. */
export const SHARED_PROPERTY = 'org.nbe:shared'

/** The computer whose pool it is. */
export type ZfsHost = Pick<Host, 'platform' | 'run' | 'readIfThere'>

/** A file system, as zfs(8) lists it. */
export interface DataSet {
  name: string
  /** The property: a path, `none`, `legacy`. Where it is mounted is another matter. */
  mountpoint: string
  canmount: 'on' | 'off' | 'noauto'
  /** The snapshot that it is a clone of. */
  origin?: string
  sharenfs: string
  maker?: string
}

export interface SnapshotRow {
  name: string
  /** How many holds there are on it, see zfs-hold(8). */
  holds: number
  maker?: string
}

/**
 * zfs(8), as far as zfs-fuse 0.7 and OpenZFS 2.x agree: no `list -p`, no `clones` property, no `mount -o
 * mountpoint=`, no `mount -O` (which ends zfs-fuse).
 */
export class Zfs {
  readonly #host: ZfsHost

  constructor(host: ZfsHost) {
    this.#host = host
  }

  get platform(): Platform {
    return this.#host.platform
  }

  /** Runs a program to its end, answers its output. Throws those of run.ts, and BeErrors for what ZFS says. */
  async command(argv: string[]): Promise<string> {
    for (let again = argv[0] === 'zfs' ? BUSY_RETRIES : 0; ; again--) {
      try {
        const options = { timeoutMs: TIMEOUT_MS, platform: this.platform }
        return (await COMMAND_QUEUE.run(() => this.#host.run(argv, options))).stdout
      } catch (error) {
        const better = told(error, argv, this.platform)
        if (again === 0 || !(better instanceof BeError) || better.code !== 'BE_BUSY') throw better
        await setTimeout(BUSY_PAUSE_MS)
      }
    }
  }

  /** A data set and all file systems below it, parents first. Throws BE_ZFS_UNKNOWN. */
  async list(top: string): Promise<DataSet[]> {
    const columns = `name,mountpoint,canmount,origin,sharenfs,${MAKER_PROPERTY}`
    const rows = await this.#rows(['zfs', 'list', '-H', '-r', '-t', 'filesystem', '-o', columns, top])
    return rows.map(([name, mountpoint, canmount, origin, sharenfs, making]) => ({
      name: name!,
      mountpoint: mountpoint!,
      canmount: canmount as DataSet['canmount'],
      sharenfs: sharenfs!,
      ...(origin !== '-' && { origin }),
      ...(making !== '-' && { making }),
    }))
  }

  /** All in a pool that are clones, volumes too, and the snapshots that they are of. */
  async clones(pool: string): Promise<{ name: string; origin: string }[]> {
    const argv = ['zfs', 'list', '-H', '-r', '-t', 'filesystem,volume', '-o', 'name,origin', pool]
    const rows = await this.#rows(argv)
    return rows
      .map(([name, origin]) => ({ name: name!, origin: origin! }))
      .filter(({ origin }) => origin !== '-')
  }

  /** The data set that a loader takes its kernel from where nobody chooses; undefined: none is set. */
  async bootfs(pool: string): Promise<string | undefined> {
    const name = await this.command(['zpool', 'list', '-H', '-o', 'bootfs', pool])
    return name === '-' ? undefined : name
  }

  /** All snapshots of a data set and of those below it. */
  async snapshots(top: string): Promise<SnapshotRow[]> {
    const columns = `name,userrefs,${MAKER_PROPERTY}`
    const rows = await this.#rows(['zfs', 'list', '-H', '-r', '-t', 'snapshot', '-o', columns, top])
    return rows.map(([name, holds, making]) => ({
      name: name!,
      holds: Number(holds) || 0,
      ...(making !== '-' && { making }),
    }))
  }

  /** Numeric properties (bytes, seconds since 1970) of data sets or snapshots, by name. */
  async numbers<P extends string>(
    names: readonly string[],
    properties: readonly P[],
  ): Promise<Map<string, Record<P, number>>> {
    const found = new Map<string, Record<string, number>>()
    for (let at = 0; at < names.length; at += BATCH) {
      const some = names.slice(at, at + BATCH)
      const argv = ['zfs', 'get', '-H', '-p', '-o', 'name,property,value', properties.join(','), ...some]
      for (const [name, property, value] of await this.#rows(argv)) {
        found.set(name!, { ...found.get(name!), [property!]: Number(value) })
      }
    }
    return found
  }

  /** Bytes that each data set right below one takes, by name: in one go, as others may be destroyed meanwhile. */
  async used(parent: string): Promise<Map<string, number>> {
    const argv = ['zfs', 'get', '-H', '-p', '-r', '-d', '1', '-o', 'name,value', 'used', parent]
    return new Map((await this.#rows(argv)).map(([name, value]) => [name!, Number(value)]))
  }

  /** Sets a user property on data sets, or takes it from them. */
  async setUserProperty(
    names: readonly string[],
    property: string,
    value: string | undefined,
  ): Promise<void> {
    const how = value === undefined ? ['inherit', property] : ['set', `${property}=${value}`]
    for (let at = 0; at < names.length; at += BATCH) {
      await this.command(['zfs', ...how, ...names.slice(at, at + BATCH)])
    }
  }

  /** The native properties that were set on a data set itself, or came with it by zfs receive. */
  async localProperties(name: string): Promise<Map<string, string>> {
    const argv = ['zfs', 'get', '-H', '-p', '-s', 'local,received', '-o', 'property,value', 'all', name]
    const rows = (await this.#rows(argv)).map(([property, value]) => [property!, value!] as const)
    return new Map(rows.filter(([property]) => !property.includes(':')))
  }

  /** Whether a property was set on this very data set. */
  async isLocal(name: string, property: string): Promise<boolean> {
    return (await this.localProperties(name)).has(property)
  }

  /** A step that is one command, and the one that takes it back. */
  step(argv: string[], back?: string[]): Step {
    const step: Step = { what: argv.join(' '), apply: async () => void (await this.command(argv)) }
    if (back !== undefined) step.undo = async () => void (await this.command(back))
    return step
  }

  mounts(): Promise<MountedAt[]> {
    return mountTable(this.#host)
  }

  /**
   * Whether mount(8) mounts a data set anywhere, whatever its mountpoint property says. The kernel's ZFS can,
   * FreeBSD's and Linux's; zfs-fuse knows the property only.
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

/** A data set, a snapshot or a pool that is not there, or not any more. */
export const isUnknown = (error: unknown): boolean =>
  error instanceof BeError && error.code === 'BE_ZFS_UNKNOWN'

type Told = [says: RegExp, code: `BE_${string}`, hint: string, exit: ExitName]

/** What zfs(8), mount(8) and umount(8) say, on either platform, and what to do then. */
const TOLD: Told[] = [
  [
    /does not exist|no such pool|could not find any snapshots/,
    'BE_ZFS_UNKNOWN',
    'zfs list shows what there is',
    'data',
  ],
  [/already exists/, 'BE_EXISTS', 'choose another name', 'failed'],
  [/\bbusy\.?$/, 'BE_BUSY', '', 'tryAgain'],
  [
    /ermission denied|must be superuser|not permitted|only root/,
    'BE_STORE_PERMISSION',
    'run as root',
    'permission',
  ],
  [/out of space|No space left|quota exceeded/, 'BE_NO_SPACE', 'destroy what is not needed', 'unavailable'],
  [/read-?only/, 'BE_STORE_READ_ONLY', 'was the pool imported read-only?', 'unavailable'],
  [/irectory is not empty/, 'BE_MOUNT_POINT', 'move away what lies there: it would be hidden', 'failed'],
  [/ZFS library|modules are not loaded|\/dev\/zfs/, 'BE_ZFS_DOWN', '', 'unavailable'],
  [
    /suspended/,
    'BE_POOL_SUSPENDED',
    'zpool status says which disk is missing; then zpool clear',
    'unavailable',
  ],
]

function told(error: unknown, argv: string[], platform: Platform): unknown {
  const lines = endingOf(error)?.stderr.split('\n') ?? []
  for (const line of lines) {
    // Less the names in it, which may be any of these words.
    const words = line.replace(/'[^']*'/g, "''").trim()
    const found = TOLD.find(([says]) => says.test(words))
    if (found === undefined) continue
    const [, code, hint, exit] = found
    const said = line.trim().replace(/\.$/, '')
    const clear = said.startsWith('cannot ') || said.startsWith(`${argv[0]}: `)
    const message = clear ? said : `${argv.slice(0, 2).join(' ')}: ${said}`
    return new BeError(code, message, { hint: LOCAL[platform][code] ?? hint, exit, cause: error })
  }
  return error
}

const LOCAL: Record<Platform, Record<string, string>> = {
  freebsd: { BE_BUSY: 'fstat -f PATH shows who uses it', BE_ZFS_DOWN: 'run as root; kldload zfs' },
  linux: {
    BE_BUSY: 'fuser -vm PATH shows who uses it',
    BE_ZFS_DOWN: 'run as root; modprobe zfs, or start zfs-fuse',
  },
}
