import { FILE_TYPE, writePostOp } from '../files/attributes.ts'
import { STATUS, StatusError } from '../status.ts'
import { canRead } from './permissions.ts'
import type { Procedure } from './procedure.ts'

/** Most bytes of one READ (rtmax): over UDP a reply has to fit into a datagram. */
export const MAX_READ = { udp: 32 << 10, tcp: 1 << 20 } as const

/** Larger offsets are not exact as numbers. */
const MAX_OFFSET = Number.MAX_SAFE_INTEGER

/** RFC 1813, section 3.3.6. */
export const read: Procedure = async (call, reply) => {
  const node = await call.nodeArgument()
  const offset = call.args.uint64()
  const count = Math.min(call.args.uint32(), MAX_READ[call.request.transport])
  const attributes = await call.tree.attributes(node)
  if (attributes.type === FILE_TYPE.directory) throw new StatusError(STATUS.isdir)
  if (attributes.type !== FILE_TYPE.file || offset > MAX_OFFSET) throw new StatusError(STATUS.inval)
  if (!canRead(attributes, call.user)) throw new StatusError(STATUS.acces)
  const end = Math.min(offset + count, attributes.size)
  const pieces = offset < end ? await call.tree.blocks.read(node, offset, end) : []
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  // Fewer bytes than the attributes promise: the file has become shorter since they were read.
  const atEnd = end >= attributes.size || offset + length < end
  writePostOp(reply.uint32(STATUS.ok), attributes).uint32(length).bool(atEnd).opaquePieces(pieces, length)
}
