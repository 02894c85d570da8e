import { FILE_TYPE, writePostOp } from '../files/attributes.ts'
import { STATUS, StatusError } from '../status.ts'
import type { Procedure } from './procedure.ts'

/** RFC 1813, section 3.3.5. */
export const readlink: Procedure = async (call, reply) => {
  const node = await call.nodeArgument()
  const attributes = await call.tree.attributes(node)
  if (attributes.type !== FILE_TYPE.link) throw new StatusError(STATUS.inval)
  const text = await call.tree.readLink(node)
  writePostOp(reply.uint32(STATUS.ok), attributes).opaque(text)
}
