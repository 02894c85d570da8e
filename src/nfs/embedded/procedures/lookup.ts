import { FILE_TYPE, writePostOp } from '../files/attributes.ts'
import { STATUS, StatusError } from '../status.ts'
import { isPermitted, PERMISSION } from './permissions.ts'
import type { Procedure } from './procedure.ts'

/** Longest name that is decoded, in bytes; names above 255 bytes are answered with NAMETOOLONG. */
const MAX_NAME = 4096

/** RFC 1813, section 3.3.3. */
export const lookup: Procedure = async (call, reply) => {
  const dir = await call.nodeArgument()
  const name = call.args.opaque(MAX_NAME).toString('latin1')
  const attributes = await call.tree.attributes(dir)
  if (attributes.type === FILE_TYPE.directory && !isPermitted(attributes, call.user, PERMISSION.execute)) {
    throw new StatusError(STATUS.acces)
  }
  const node = await call.tree.child(dir, name)
  reply.uint32(STATUS.ok).opaque(node.handle)
  writePostOp(writePostOp(reply, node.attributes), dir.attributes)
}
