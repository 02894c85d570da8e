import { FHSIZE3 } from '../../../rpc/mount.ts'
import type { FileHandle } from '../../root.ts'

/** The contents of a file handle. */
export interface HandleParts {
  /** Id of the share, or of the file system below it. */
  volume: number
  inode: bigint
  /** See generationOf(). */
  generation: number
  /** nameHash() of the names on the path from the root; of the first MAX_HASHES only. */
  hashes: number[]
}

const MAGIC = 0xbe
const VERSION = 1
const HEADER = 16
/** As many as fit into 64 bytes (RFC 1813, section 2.4; FreeBSD's loader and kernel: NFS_V3MAXFHSIZE). */
export const MAX_HASHES = (FHSIZE3 - HEADER) / 2

/**
 * A handle that needs no table: after a restart its file is found by going down from the root, at each level to the
 * names with the right hash, until the inode is the right one. So handles stay valid over restarts, and over renames
 * of anything that is not on their path.
 *
 *     0 magic | 1 version | 2..3 volume | 4..7 generation | 8..15 inode | 16.. a 16-bit hash for each name
 */
export function encodeHandle({ volume, inode, generation, hashes }: HandleParts): FileHandle {
  const names = Math.min(hashes.length, MAX_HASHES)
  const handle = Buffer.alloc(HEADER + 2 * names)
  handle[0] = MAGIC
  handle[1] = VERSION
  handle.writeUInt16BE(volume, 2)
  handle.writeUInt32BE(generation, 4)
  handle.writeBigUInt64BE(inode, 8)
  for (let at = 0; at < names; at++) handle.writeUInt16BE(hashes[at]!, HEADER + 2 * at)
  return handle
}

/** Undefined for a handle that encodeHandle() cannot have made. */
export function decodeHandle(handle: Buffer): HandleParts | undefined {
  const { length } = handle
  if (length < HEADER || length > HEADER + 2 * MAX_HASHES || length % 2 === 1) return undefined
  if (handle[0] !== MAGIC || handle[1] !== VERSION) return undefined
  const hashes: number[] = []
  for (let at = HEADER; at < length; at += 2) hashes.push(handle.readUInt16BE(at))
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
 * Distinguishes files that had the same inode number one after the other, by their time of birth (ns). 0 on file
 * systems that do not record it, which give 0 or, older ones, a time before 1970.
 */
export function generationOf(birthNs: bigint): number {
  return birthNs <= 0n ? 0 : Number((birthNs ^ (birthNs >> 32n)) & 0xffffffffn)
}
