import { writePostOp } from '../files/attributes.ts'
import { statfs } from '../files/system-calls.ts'
import { STATUS, StatusError } from '../status.ts'
import type { Procedure } from './procedure.ts'
import { READ_MOST } from './read.ts'

/** RFC 1813, sections 3.3.18 to 3.3.20: what a file system is like. */

/** FSF3_LINK, FSF3_SYMLINK, FSF3_HOMOGENEOUS, FSF3_CANSETTIME. */
const PROPERTIES = 0x01 | 0x02 | 0x08 | 0x10
const WRITE_MOST = 64 << 10
const LIST_PREFERRED = 32 << 10
const MULTIPLE = 4096
const LARGEST_FILE = 2n ** 63n - 1n
const LINKS_MOST = 32_000
const NAME_MOST = 255

export const fsstat: Procedure = async (call, reply) => {
  const node = await call.nodeArgument()
  const attributes = await call.tree.attributes(node)
  const { bsize, blocks, bfree, files, ffree } = await statfs(node.volume.path)
  writePostOp(reply.uint32(STATUS.ok), attributes)
  // Nothing can be written: what is free is free to nobody.
  for (const bytes of [blocks * bsize, bfree * bsize, 0n]) reply.uint64(bytes)
  for (const count of [files, ffree, 0n]) reply.uint64(count)
  reply.uint32(0)
}

export const fsinfo: Procedure = async (call, reply) => {
  const attributes = await call.tree.attributes(await call.nodeArgument())
  const read = READ_MOST[call.incoming.transport]
  writePostOp(reply.uint32(STATUS.ok), attributes).uint32(read).uint32(read).uint32(MULTIPLE)
  reply.uint32(WRITE_MOST).uint32(WRITE_MOST).uint32(MULTIPLE).uint32(LIST_PREFERRED)
  reply.uint64(LARGEST_FILE).uint32(0).uint32(1).uint32(PROPERTIES)
}

export const pathconf: Procedure = async (call, reply) => {
  const attributes = await call.tree.attributes(await call.nodeArgument())
  writePostOp(reply.uint32(STATUS.ok), attributes).uint32(LINKS_MOST).uint32(NAME_MOST)
  // no_trunc, chown_restricted, case_insensitive, case_preserving
  reply.bool(true).bool(true).bool(false).bool(true)
}

/** What would change something: refused, once it is known to concern a file that is there. */
export const readOnly: Procedure = async call => {
  await call.tree.attributes(await call.nodeArgument())
  throw new StatusError(STATUS.rofs)
}
