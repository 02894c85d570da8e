import { writePostOp } from '../files/attributes.ts'
import { STATUS } from '../status.ts'
import { grantedAccess } from './permissions.ts'
import type { Procedure } from './procedure.ts'

/** RFC 1813, section 3.3.4. */
export const access: Procedure = async (call, reply) => {
  const node = await call.nodeArgument()
  const wanted = call.args.uint32()
  const attributes = await call.tree.attributes(node)
  writePostOp(reply.uint32(STATUS.ok), attributes).uint32(grantedAccess(attributes, call.user, wanted))
}
