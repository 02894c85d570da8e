import { FILE_TYPE, writePostOp } from '../files/attributes.ts'
import { STATUS, StatusError } from '../status.ts'
import { canRead, grantedAccess, isPermitted, PERMISSION } from './permissions.ts'
import type { Procedure } from './procedure.ts'

/** RFC 1813, sections 3.3.1, 3.3.3 to 3.3.6: what looks at one file. */

const NAME_LONGEST = 4096
/** Of UDP, whose datagrams hold no more, and of TCP. */
const READ_MOST = { udp: 32 << 10, tcp: 1 << 20 } as const
const LARGEST = Number.MAX_SAFE_INTEGER

export const getattr: Procedure = async (call, reply) => {
  const { wire } = await call.tree.attributes(await call.nodeArgument())
  reply.uint32(STATUS.ok).raw(wire)
}

export const lookup: Procedure = async (call, reply) => {
  const dir = await call.nodeArgument()
  const name = call.incoming.args.opaque(NAME_LONGEST).toString('latin1')
  const attributes = await call.tree.attributes(dir)
  if (attributes.type === FILE_TYPE.directory && !isPermitted(attributes, call.user, PERMISSION.execute)) {
    throw new StatusError(STATUS.acces)
  }
  const node = await call.tree.child(dir, name)
  reply.uint32(STATUS.ok).opaque(node.handle)
  writePostOp(writePostOp(reply, node.attributes), dir.attributes)
}

export const access: Procedure = async (call, reply) => {
  const node = await call.nodeArgument()
  const wanted = call.incoming.args.uint32()
  const attributes = await call.tree.attributes(node)
  writePostOp(reply.uint32(STATUS.ok), attributes).uint32(grantedAccess(attributes, call.user, wanted))
}

export const readlink: Procedure = async (call, reply) => {
  const node = await call.nodeArgument()
  const attributes = await call.tree.attributes(node)
  if (attributes.type !== FILE_TYPE.link) throw new StatusError(STATUS.inval)
  const text = await call.tree.linkText(node)
  writePostOp(reply.uint32(STATUS.ok), attributes).opaque(text)
}

export const read: Procedure = async (call, reply) => {
  const node = await call.nodeArgument()
  const { args, transport } = call.incoming
  const offset = args.uint64()
  const count = Math.min(args.uint32(), READ_MOST[transport])
  const attributes = await call.tree.attributes(node)
  if (attributes.type === FILE_TYPE.directory) throw new StatusError(STATUS.isdir)
  if (attributes.type !== FILE_TYPE.file || offset > LARGEST) throw new StatusError(STATUS.inval)
  if (!canRead(attributes, call.user)) throw new StatusError(STATUS.acces)
  const end = Math.min(offset + count, attributes.size)
  const pieces = offset < end ? await call.tree.blocks.read(node, offset, end) : []
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  // Less than there was to be: the file has become shorter just now.
  const atEnd = end >= attributes.size || offset + length < end
  writePostOp(reply.uint32(STATUS.ok), attributes).uint32(length).bool(atEnd).opaquePieces(pieces, length)
}

export { READ_MOST }
