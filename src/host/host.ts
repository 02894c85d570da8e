import type { Platform } from './platform.ts'
import type { Run } from './run.ts'

/** Where a path lies, as the host's mount table has it. */
export interface MountedAt {
  /** The mount point, absolute. */
  point: string
  /** `zfs`, `ext4`, `nfs`. */
  type: string
  /** What is mounted: a data set, a device, `server:/path`. */
  source: string
}

/**
 * A computer whose programs and files we use: this one, or one that is reached by ssh. Errors are those of
 * run.ts and files.ts, the host's name in them when it is not this one.
 */
export interface Host {
  /** For a person: `this host`, `root@nas`. */
  readonly name: string
  /** Paths are those that this process sees. */
  readonly local: boolean
  readonly platform: Platform
  readonly run: Run
  readIfThere(path: string): Promise<string | undefined>
  writeAtomic(path: string, text: string, mode?: number): Promise<void>
  removeFile(path: string): Promise<void>
  makeDirectory(path: string, mode: number): Promise<void>
  /** Names in a directory; none when there is no such directory. */
  list(path: string): Promise<string[]>
  /** The path without links, `.` and `..`; undefined when nothing is there. */
  realPath(path: string): Promise<string | undefined>
  /** The file system that a path lies on; undefined when nothing is there. */
  mountedAt(path: string): Promise<MountedAt | undefined>
  /** Ends connections. */
  close(): Promise<void>
}
