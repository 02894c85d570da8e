import { writePostOp } from '../files/attributes.ts'
import { STATUS } from '../status.ts'
import type { Procedure } from './procedure.ts'

const LINK_MAX = 32_000
const NAME_MAX = 255

/** RFC 1813, section 3.3.20. */
export const pathconf: Procedure = async (call, reply) => {
  const attributes = await call.tree.attributes(await call.nodeArgument())
  writePostOp(reply.uint32(STATUS.ok), attributes).uint32(LINK_MAX).uint32(NAME_MAX)
  // no_trunc, chown_restricted, case_insensitive, case_preserving
  reply.bool(true).bool(true).bool(false).bool(true)
}
