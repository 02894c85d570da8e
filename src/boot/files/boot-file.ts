import type { Entry } from './list-below.ts'

/** A file that a loader may fetch, from the plan (virtual), pxe/ or a boot environment. */
export interface BootFile {
  /** The path as asked for, normalised: `/be/test/boot/loader.efi`. */
  path: string
  /** Bytes. */
  size: number
  /** Changes whenever the bytes may have changed (inode, mtime, size; or a hash of virtual bytes). Cache key. */
  version: string
  /** At most `length` bytes from `offset`; shorter only at the end. `into`: memory of that length that may be used. */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>
  close(): Promise<void>
}

/**
 * What TFTP and HTTP serve. Undefined: no such file (also: a directory, or a link that leads out of its
 * root). Throws a BeError when the file is there but cannot be read.
 */
export interface BootFiles {
  open(path: string, client: { address: string }): Promise<BootFile | undefined>
}

/** The same for HTTP, over which directories can be read too. */
export interface BootTree extends BootFiles {
  /** What a directory of a boot environment holds, by name. Undefined: no such directory. */
  list(path: string): Promise<Entry[] | undefined>
}
