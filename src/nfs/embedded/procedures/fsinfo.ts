import { writePostOp } from '../files/attributes.ts'
import { STATUS } from '../status.ts'
import type { Procedure } from './procedure.ts'
import { MAX_READ } from './read.ts'

/** FSF3_LINK, FSF3_SYMLINK, FSF3_HOMOGENEOUS, FSF3_CANSETTIME. */
const PROPERTIES = 0x01 | 0x02 | 0x08 | 0x10
const MAX_WRITE = 64 << 10
const PREFERRED_READDIR = 32 << 10
const MULTIPLE = 4096
const MAX_FILE_SIZE = 2n ** 63n - 1n

/** RFC 1813, section 3.3.19. */
export const fsinfo: Procedure = async (call, reply) => {
  const attributes = await call.tree.attributes(await call.nodeArgument())
  const read = MAX_READ[call.request.transport]
  writePostOp(reply.uint32(STATUS.ok), attributes).uint32(read).uint32(read).uint32(MULTIPLE)
  reply.uint32(MAX_WRITE).uint32(MAX_WRITE).uint32(MULTIPLE).uint32(PREFERRED_READDIR)
  reply.uint64(MAX_FILE_SIZE)
  reply.uint32(0).uint32(1) // time_delta: 1 ns
  reply.uint32(PROPERTIES)
}
