/** An opaque NFSv3 file handle, 1 to 64 bytes (RFC 1813, section 2.3.3). */
export type FileHandle = Buffer

/** An exported path, as the NFS host answers for it. */
export interface NfsRoot {
  /** Address that clients mount from. */
  server: string
  /** Exported path. */
  path: string
  handle: FileHandle
  /** MOUNT v3 and NFS v3 answer on UDP: FreeBSD's loader can read the kernel by NFS. */
  udp: boolean
  /** NFS v3 answers on TCP port 2049: FreeBSD's kernel can mount its root. */
  tcp: boolean
}
