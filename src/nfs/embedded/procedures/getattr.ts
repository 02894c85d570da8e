import { STATUS } from '../status.ts'
import type { Procedure } from './procedure.ts'

/** RFC 1813, section 3.3.1. */
export const getattr: Procedure = async (call, reply) => {
  const { encoded } = await call.tree.attributes(await call.nodeArgument())
  reply.uint32(STATUS.ok).raw(encoded)
}
