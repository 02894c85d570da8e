import type { BootEnvironment } from './be.ts'
import type { Layout } from './layout.ts'

export interface DestroyOptions {
  /** Destroy it although it is in use. Never destroys across links or mount points. */
  force?: boolean
  /** What uses it, for the error message: `shared`, `assigned to m1`. */
  inUse?: readonly string[]
  /** Only check whether it could be destroyed. */
  dryRun?: boolean
}

/** The result of mounting or unmounting. */
export interface MountResult {
  /** Where the BE's tree is, or would be. */
  path: string
  mounted: boolean
  /** What was done, for a person. */
  note: string
}

/** One file system of a boot environment. Each is exported, and mounted in the guest, separately. */
export interface BeFileSystem {
  /** Path relative to the root of the boot environment: `''` is the root, `usr/home` a child. */
  inside: string
  /** Absolute path on the host at which it is mounted, or would be. */
  path: string
  /** The data set, in a store that has them. */
  dataSet?: string
  /**
   * Whether this file system itself is mounted at `path` now. Otherwise `path` must not be exported: that would
   * export the file system below it, the host's own.
   */
  mounted: boolean
}

export interface CloneOptions {
  /** A snapshot of the source; default: its present state. */
  snapshot?: string
  /** Clone the file systems below its root too. */
  deep?: boolean
  /** Changes the new tree, which is at `tree`, before the BE becomes visible. */
  adapt?: (tree: string) => Promise<void>
  dryRun?: boolean
}

export interface RenameOptions {
  /** Changes the tree, which is at `tree` under its new name. */
  adapt?: (tree: string) => Promise<void>
  dryRun?: boolean
}

export interface Snapshot {
  /** `test@2026-11-22-10:11:12`. */
  name: string
  /** Bytes that destroying it would free. */
  used: number
  created: Date
}

/**
 * Where boot environments are kept. Names are plain (`test`), as returned by `parseBeName`; every method throws
 * BE_NAME_INVALID for an invalid name, and BE_UNKNOWN for a boot environment that does not exist.
 */
export interface BeStore {
  /** All, sorted by name, or one; with the space that their data sets take. */
  list(name?: string): Promise<BootEnvironment[]>
  get(name: string): Promise<BootEnvironment>
  /** Makes it completely or not at all; with `dryRun` only returns what it would be. @throws BeError BE_EXISTS */
  create(name: string, layout: Layout, dryRun?: boolean): Promise<BootEnvironment>
  /** @throws BeError BE_IN_USE, BE_MOUNTED_BELOW, BE_DESTROY_INCOMPLETE */
  destroy(name: string, options?: DestroyOptions): Promise<void>
  /**
   * Makes `name` from `from`, completely or not at all; `dryRun` as in create.
   * @throws BeError BE_EXISTS, BE_NO_SNAPSHOTS, BE_SNAPSHOT_UNKNOWN
   */
  clone(from: string, name: string, options?: CloneOptions): Promise<BootEnvironment>
  /** It must not be shared, as its path changes. @throws BeError BE_EXISTS, BE_BUSY, BE_MOUNTED_BELOW */
  rename(name: string, to: string, options?: RenameOptions): Promise<BootEnvironment>
  /**
   * Takes a snapshot of all its file systems at one moment; returns its name. `tag`: default the time.
   * @throws BeError BE_NO_SNAPSHOTS, BE_EXISTS
   */
  snapshot(name: string, tag?: string, dryRun?: boolean): Promise<string>
  /** The snapshots of the root of one, or of all sorted by name; oldest first. @throws BeError BE_NO_SNAPSHOTS */
  snapshots(name?: string): Promise<Snapshot[]>
  /** On all its file systems. @throws BeError BE_NO_SNAPSHOTS, BE_SNAPSHOT_UNKNOWN, BE_HAS_CLONES, BE_SNAPSHOT_HELD */
  destroySnapshot(name: string, tag: string, dryRun?: boolean): Promise<void>
  /** Mounts all of its file systems, or none. @throws BeError BE_MOUNTED_ELSEWHERE, BE_MOUNT_POINT */
  mount(name: string, dryRun?: boolean): Promise<MountResult>
  /** It must not be shared. @throws BeError BE_BUSY, BE_MOUNTED_BELOW */
  umount(name: string, dryRun?: boolean): Promise<MountResult>
  /**
   * Records on the file systems themselves how these are shared (`ro 192.168.2.0/24`), or that they are not
   * (undefined). A missing one does not keep the others from being recorded. @throws BeError BE_ZFS_UNKNOWN
   */
  noteShares(names: readonly string[], rights: string | undefined): Promise<void>
  /** Its file systems, the root first, parents before children; without those that are never mounted (canmount=off). */
  fileSystems(name: string): Promise<BeFileSystem[]>
  /** The same for all, by name: cheaper than fileSystems() for each. */
  allFileSystems(): Promise<Map<string, BeFileSystem[]>>
}
