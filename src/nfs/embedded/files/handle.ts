import type { FileHandle } from '../../root.ts'

/** What a handle says. */
export interface HandleParts {
  /** Id of the share, or of the file system below it. */
  volume: number
  inode: bigint
  /** Of the inode's number, 0 where the file system knows none: tells it from one that had the number before. */
  generation: number
  /** Of the names on the way from the root; of the first MOST only. */
  hashes: number[]
}

const MAGIC = 0xbe
const VERSION = 1
const HEAD = 16
/** A handle has at most 64 bytes (RFC 1813, section 2.4; FreeBSD's loader and kernel: NFS_V3MAXFHSIZE). */
export const MOST_HASHES = 24

/**
 * A handle that needs no table: after a restart the file is found again by going down from the share's root,
 * at each level to the names with the right hash, to the one with the right inode. So handles outlive the
 * process, and renames of whatever is not on their way.
 *
 *     0 magic | 1 version | 2..3 volume | 4..7 generation | 8..15 inode | 16.. a 16-bit hash for each name
 */
export function encodeHandle({ volume, inode, generation, hashes }: HandleParts): FileHandle {
  const names = Math.min(hashes.length, MOST_HASHES)
  const handle = Buffer.alloc(HEAD + 2 * names)
  handle[0] = MAGIC
  handle[1] = VERSION
  handle.writeUInt16BE(volume, 2)
  handle.writeUInt32BE(generation, 4)
  handle.writeBigUInt64BE(inode, 8)
  for (let at = 0; at < names; at++) handle.writeUInt16BE(hashes[at]!, HEAD + 2 * at)
  return handle
}

/** Undefined: not one of ours. */
export function decodeHandle(handle: Buffer): HandleParts | undefined {
  const { length } = handle
  if (length < HEAD || length > HEAD + 2 * MOST_HASHES || length % 2 === 1) return undefined
  if (handle[0] !== MAGIC || handle[1] !== VERSION) return undefined
  const hashes: number[] = []
  for (let at = HEAD; at < length; at += 2) hashes.push(handle.readUInt16BE(at))
  const inode = handle.readBigUInt64BE(8)
  return { volume: handle.readUInt16BE(2), inode, generation: handle.readUInt32BE(4), hashes }
}

/** FNV-1a of the name's bytes, folded to 16 bits. */
export function nameHash(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return ((hash >>> 16) ^ hash) & 0xffff
}

/**
 * By the time of birth: file systems use the number of a removed inode again. One that records no birth says 0
 * or, older ones, something before 1970.
 */
export function generationOf(birth: bigint): number {
  return birth <= 0n ? 0 : Number((birth ^ (birth >> 32n)) & 0xffffffffn)
}
