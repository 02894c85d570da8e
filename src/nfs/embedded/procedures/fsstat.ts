import { writePostOp } from '../files/attributes.ts'
import { statfs } from '../files/system-calls.ts'
import { STATUS } from '../status.ts'
import type { Procedure } from './procedure.ts'

/** RFC 1813, section 3.3.18. */
export const fsstat: Procedure = async (call, reply) => {
  const node = await call.nodeArgument()
  const attributes = await call.tree.attributes(node)
  const { bsize, blocks, bfree, files, ffree } = await statfs(node.volume.path)
  writePostOp(reply.uint32(STATUS.ok), attributes)
  // abytes and afiles, which are available to the caller, are 0: nothing can be written.
  for (const bytes of [blocks * bsize, bfree * bsize, 0n]) reply.uint64(bytes)
  for (const count of [files, ffree, 0n]) reply.uint64(count)
  reply.uint32(0)
}
