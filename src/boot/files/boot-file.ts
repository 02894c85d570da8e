/** A file that can be fetched: virtual (generated), of a pxe directory or of a boot environment. */
export interface BootFile {
  /** The requested path, normalised: `/be/test/boot/loader.efi`. */
  path: string
  /** Bytes. */
  size: number
  /** Changes whenever the bytes may have changed (inode, mtime, size; or a hash of virtual bytes). Cache key. */
  version: string
  /** Reads `length` bytes from `offset`, fewer only at the end. `into`: a buffer of that length that may be used. */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>
  close(): Promise<void>
}

/**
 * The files that TFTP and HTTP serve. Undefined: no such file, a directory, or a link that leads out of its
 * root. Throws a BeError when the file exists but cannot be read.
 */
export interface BootFiles {
  open(path: string, client: { address: string }): Promise<BootFile | undefined>
}

/** One entry of a directory. */
export interface Entry {
  name: string
  directory: boolean
}

/** The same with directories, which HTTP serves too. */
export interface BootTree extends BootFiles {
  /** The entries of a directory of a boot environment, sorted by name. Undefined: no such directory. */
  list(path: string): Promise<Entry[] | undefined>
}
