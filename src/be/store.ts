import type { BootEnvironment } from './be.ts'
import type { Layout } from './layout.ts'

export interface DestroyOptions {
  /** Destroy it although it is in use. Never destroys across links or mount points. */
  force?: boolean
  /** Who uses it, as words for a person: `shared`, `assigned to m1`. */
  inUse?: readonly string[]
  /** Only see whether it could be done. */
  dryRun?: boolean
}

/** What mounting or unmounting came to. */
export interface MountResult {
  /** Where the BE's tree is, or would be. */
  path: string
  mounted: boolean
  /** What it meant in this store, for a person. */
  note: string
}

/** One file system of a boot environment: each is an export, and a mount in the guest, of its own. */
export interface BeFileSystem {
  /** Where it lies in the boot environment: `''` is its root, `usr/home` a child. */
  inside: string
  /** Absolute path on the host at which it is mounted, or would be. */
  path: string
  /** The data set, in a store that has them. */
  dataSet?: string
  /**
   * Whether this very file system is mounted at `path` now. Only then may the path be exported: else its line
   * would export the file system below it, the host's own.
   */
  mounted: boolean
}

export interface CloneOptions {
  /** A snapshot of the source; its present state without one. */
  snapshot?: string
  /** The file systems below its root too. */
  deep?: boolean
  /** Changes the new tree, which lies at `tree`, before anybody can see it. */
  adapt?: (tree: string) => Promise<void>
  dryRun?: boolean
}

export interface RenameOptions {
  /** Changes the tree, which lies at `tree` under its new name. */
  adapt?: (tree: string) => Promise<void>
  dryRun?: boolean
}

export interface Snapshot {
  /** `test@2026-11-22-10:11:12`. */
  name: string
  /** Bytes that it alone keeps from being freed. */
  used: number
  created: Date
}

/**
 * Where boot environments live. Names are plain (`test`), as `parseBeName` answers them; every method
 * rejects one that is none with BE_NAME_INVALID, and one that does not exist with BE_UNKNOWN.
 */
export interface BeStore {
  /** All, by name, or one; with what their data sets take. */
  list(name?: string): Promise<BootEnvironment[]>
  get(name: string): Promise<BootEnvironment>
  /** Makes all of it or nothing; with `dryRun` nothing, and answers what it would be. @throws BeError BE_EXISTS */
  create(name: string, layout: Layout, dryRun?: boolean): Promise<BootEnvironment>
  /** @throws BeError BE_IN_USE, BE_MOUNTED_BELOW, BE_DESTROY_INCOMPLETE */
  destroy(name: string, options?: DestroyOptions): Promise<void>
  /**
   * Makes `name` from `from`: all of it or nothing, and the same with `dryRun` as create.
   * @throws BeError BE_EXISTS, BE_NO_SNAPSHOTS, BE_SNAPSHOT_UNKNOWN
   */
  clone(from: string, name: string, options?: CloneOptions): Promise<BootEnvironment>
  /** It must not be shared: its path changes. @throws BeError BE_EXISTS, BE_BUSY, BE_MOUNTED_BELOW */
  rename(name: string, to: string, options?: RenameOptions): Promise<BootEnvironment>
  /** Of all its file systems at one moment; answers its name. @throws BeError BE_NO_SNAPSHOTS, BE_EXISTS */
  snapshot(name: string, tag?: string, dryRun?: boolean): Promise<string>
  /** Of the root of one, or of all by name; oldest first. @throws BeError BE_NO_SNAPSHOTS */
  snapshots(name?: string): Promise<Snapshot[]>
  /** On all its file systems. @throws BeError BE_NO_SNAPSHOTS, BE_SNAPSHOT_UNKNOWN, BE_HAS_CLONES, BE_SNAPSHOT_HELD */
  destroySnapshot(name: string, tag: string, dryRun?: boolean): Promise<void>
  /** All of its file systems, or none. @throws BeError BE_MOUNTED_ELSEWHERE, BE_MOUNT_POINT */
  mount(name: string, dryRun?: boolean): Promise<MountResult>
  /** It must not be shared. @throws BeError BE_BUSY, BE_MOUNTED_BELOW */
  umount(name: string, dryRun?: boolean): Promise<MountResult>
  /**
   * Notes on the file systems themselves how these are shared (`ro 192.168.2.0/24`), or that they are not. One that
   * is gone holds up no other. @throws BeError BE_ZFS_UNKNOWN
   */
  noteShares(names: readonly string[], rights: string | undefined): Promise<void>
  /** Its file systems, the root first, parents before children; none that is never mounted (canmount=off). */
  fileSystems(name: string): Promise<BeFileSystem[]>
  /** The same of all, by name: for many, one look at all is cheaper than many at one. */
  allFileSystems(): Promise<Map<string, BeFileSystem[]>>
}
