import { type BigIntStats, constants } from 'node:fs'
import type { XdrWriter } from '../../../rpc/xdr.ts'
import { generationOf } from './handle.ts'

/** ftype3 (RFC 1813, section 2.6). */
export const FILE_TYPE = {
  file: 1,
  directory: 2,
  block: 3,
  character: 4,
  link: 5,
  socket: 6,
  fifo: 7,
} as const

const { S_IFMT, S_IFREG, S_IFDIR, S_IFBLK, S_IFCHR, S_IFLNK, S_IFSOCK } = constants

/** The attributes of a file at one moment. */
export interface Attributes {
  type: number
  /** Permission bits, with set-id and sticky bits. */
  mode: number
  uid: number
  gid: number
  size: number
  links: bigint
  inode: bigint
  generation: number
  device: bigint
  /** Changes whenever the contents do. */
  version: string
  /** ctime, in ns. */
  changedNs: bigint
  /** As fattr3. */
  encoded: Buffer
}

const FATTR3_LENGTH = 84
/** Offset of fileid in fattr3. */
const FILEID = 52
const NANO = 1_000_000_000n

/** Unsigned: Node returns inode numbers above 2^63 as negative. */
export const inodeOf = ({ ino }: BigIntStats): bigint => BigInt.asUintN(64, ino)

/** `fsid`: the volume's id; `fileid`: the inode number unless given. */
export function attributesOf(stat: BigIntStats, fsid: number, fileid = inodeOf(stat)): Attributes {
  const type = typeOf(stat)
  const mode = Number(stat.mode & 0o7777n)
  // Not of Buffer's pool: 84 bytes that stay would keep 8 KB.
  const encoded = Buffer.allocUnsafeSlow(FATTR3_LENGTH)
  let at = encoded.writeUInt32BE(type, 0)
  at = encoded.writeUInt32BE(mode, at)
  at = encoded.writeUInt32BE(Number(stat.nlink & 0xffffffffn), at)
  at = encoded.writeUInt32BE(Number(stat.uid), at)
  at = encoded.writeUInt32BE(Number(stat.gid), at)
  at = encoded.writeBigUInt64BE(stat.size, at)
  at = encoded.writeBigUInt64BE(stat.blocks * 512n, at)
  at = writeDevice(encoded, stat.rdev, at)
  at = encoded.writeBigUInt64BE(BigInt(fsid), at)
  at = encoded.writeBigUInt64BE(fileid, at)
  for (const time of [stat.atimeNs, stat.mtimeNs, stat.ctimeNs]) at = writeTime(encoded, time, at)
  return {
    type,
    mode,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: Number(stat.size),
    links: stat.nlink,
    inode: inodeOf(stat),
    generation: generationOf(stat.birthtimeNs),
    device: stat.dev,
    version: `${stat.mtimeNs} ${stat.ctimeNs} ${stat.size}`,
    changedNs: stat.ctimeNs,
    encoded,
  }
}

function typeOf(stat: BigIntStats): number {
  switch (Number(stat.mode) & S_IFMT) {
    case S_IFREG:
      return FILE_TYPE.file
    case S_IFDIR:
      return FILE_TYPE.directory
    case S_IFLNK:
      return FILE_TYPE.link
    case S_IFBLK:
      return FILE_TYPE.block
    case S_IFCHR:
      return FILE_TYPE.character
    case S_IFSOCK:
      return FILE_TYPE.socket
    default:
      return FILE_TYPE.fifo
  }
}

/** specdata3, from a device number of Linux (makedev(3)). */
function writeDevice(encoded: Buffer, rdev: bigint, at: number): number {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)
  return encoded.writeUInt32BE(Number(minor), encoded.writeUInt32BE(Number(major), at))
}

/** nfstime3: unsigned 32-bit seconds since 1970; times before and after are written as the first and last. */
function writeTime(encoded: Buffer, nanoseconds: bigint, at: number): number {
  const time = nanoseconds < 0n ? 0n : nanoseconds
  const seconds = time / NANO
  const clamped = seconds > 0xffffffffn ? 0xffffffffn : seconds
  return encoded.writeUInt32BE(Number(time % NANO), encoded.writeUInt32BE(Number(clamped), at))
}

/** post_op_attr. */
export function writePostOp(reply: XdrWriter, attributes: Attributes | undefined): XdrWriter {
  return attributes === undefined ? reply.bool(false) : reply.bool(true).raw(attributes.encoded)
}

/** wcc_data, without the attributes from before the call, as nothing is changed. */
export const writeWcc = (reply: XdrWriter, attributes: Attributes | undefined): XdrWriter =>
  writePostOp(reply.bool(false), attributes)

/** fileid3, as the attributes have it. */
export const fileidOf = ({ encoded }: Attributes): Buffer => encoded.subarray(FILEID, FILEID + 8)
