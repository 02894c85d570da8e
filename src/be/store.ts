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
export interface Mounted {
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

/**
 * Where boot environments live. Names are plain (`test`), as `parseBeName` answers them; every method
 * rejects one that is none with BE_NAME_INVALID, and one that does not exist with BE_UNKNOWN.
 */
export interface BeStore {
  /** All, by name. */
  list(): Promise<BootEnvironment[]>
  get(name: string): Promise<BootEnvironment>
  /** Makes all of it or nothing; with `dryRun` nothing, and answers what it would be. @throws BeError BE_EXISTS */
  create(name: string, layout: Layout, dryRun?: boolean): Promise<BootEnvironment>
  /** @throws BeError BE_IN_USE, BE_MOUNTED_BELOW, BE_DESTROY_INCOMPLETE */
  destroy(name: string, options?: DestroyOptions): Promise<void>
  mount(name: string): Promise<Mounted>
  umount(name: string): Promise<Mounted>
  /** Its file systems, the root first, parents before children; none that is never mounted (canmount=off). */
  fileSystems(name: string): Promise<BeFileSystem[]>
}
