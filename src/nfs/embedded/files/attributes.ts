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

/** What is known of a file at one moment. */
export interface Attributes {
  type: number
  /** Permissions, with set-id and sticky bits. */
  mode: number
  uid: number
  gid: number
  size: number
  links: bigint
  inode: bigint
  generation: number
  device: bigint
  /** Equal as long as contents are. */
  version: string
  /** Time of the last change of any kind. */
  changedNs: bigint
  /** fattr3, ready for the wire. */
  wire: Buffer
}

const LENGTH = 84
const NANO = 1_000_000_000n

/** Node hands out what is above 2^63 as negative. */
export const inodeOf = ({ ino }: BigIntStats): bigint => BigInt.asUintN(64, ino)

/** `fsid`: of the share; `fileid`: the inode unless another is to be shown. */
export function attributesOf(stat: BigIntStats, fsid: number, fileid = inodeOf(stat)): Attributes {
  const type = typeOf(stat)
  const mode = Number(stat.mode & 0o7777n)
  const wire = Buffer.allocUnsafe(LENGTH)
  let at = wire.writeUInt32BE(type, 0)
  at = wire.writeUInt32BE(mode, at)
  at = wire.writeUInt32BE(Number(stat.nlink & 0xffffffffn), at)
  at = wire.writeUInt32BE(Number(stat.uid), at)
  at = wire.writeUInt32BE(Number(stat.gid), at)
  at = wire.writeBigUInt64BE(stat.size, at)
  at = wire.writeBigUInt64BE(stat.blocks * 512n, at)
  at = writeDevice(wire, stat.rdev, at)
  at = wire.writeBigUInt64BE(BigInt(fsid), at)
  at = wire.writeBigUInt64BE(fileid, at)
  for (const time of [stat.atimeNs, stat.mtimeNs, stat.ctimeNs]) at = writeTime(wire, time, at)
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
    wire,
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

/** specdata3, out of makedev(3) of Linux. */
function writeDevice(wire: Buffer, rdev: bigint, at: number): number {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)
  return wire.writeUInt32BE(Number(minor), wire.writeUInt32BE(Number(major), at))
}

/** nfstime3: seconds from 1970 to 2106; what lies outside is moved in. */
function writeTime(wire: Buffer, nanoseconds: bigint, at: number): number {
  const time = nanoseconds < 0n ? 0n : nanoseconds
  const seconds = time / NANO
  const within = seconds > 0xffffffffn ? 0xffffffffn : seconds
  return wire.writeUInt32BE(Number(time % NANO), wire.writeUInt32BE(Number(within), at))
}

/** post_op_attr. */
export function writePostOp(reply: XdrWriter, attributes: Attributes | undefined): XdrWriter {
  return attributes === undefined ? reply.bool(false) : reply.bool(true).raw(attributes.wire)
}

/** wcc_data: nothing from before, for nothing changes. */
export const writeWcc = (reply: XdrWriter, attributes: Attributes | undefined): XdrWriter =>
  writePostOp(reply.bool(false), attributes)
