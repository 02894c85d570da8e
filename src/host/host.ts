import type { Platform } from './platform.ts'
import type { Run } from './run.ts'

/** An entry of a host's mount table. */
export interface MountedAt {
  /** The mount point, absolute. */
  point: string
  /** `zfs`, `ext4`, `nfs`. */
  type: string
  /** A data set, a device, or `server:/path`. */
  source: string
}

/**
 * A computer whose programs and files are used: this one, or one that is reached by ssh. Its errors are those of
 * run.ts and files.ts, with the name of the host in them when it is not this one.
 */
export interface Host {
  /** For messages: `this host`, `root@nas`. */
  readonly name: string
  /** Whether it is the host of this process: its paths are valid here. */
  readonly local: boolean
  readonly platform: Platform
  readonly run: Run
  readIfThere(path: string): Promise<string | undefined>
  writeAtomic(path: string, text: string, mode?: number): Promise<void>
  removeFile(path: string): Promise<void>
  makeDirectory(path: string, mode: number): Promise<void>
  /** Names in a directory; none when there is no such directory. */
  list(path: string): Promise<string[]>
  /** realpath(3); undefined when nothing is there. */
  realPath(path: string): Promise<string | undefined>
  /** The file system that a path is on; undefined when nothing is there. */
  mountedAt(path: string): Promise<MountedAt | undefined>
  /** Closes connections to the host. */
  close(): Promise<void>
}
