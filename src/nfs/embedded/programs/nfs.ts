import { NFS } from '../../../rpc/programs.ts'
import type { ServedProgram } from '../../../rpc/server/dispatch.ts'
import type { ClientActivity } from '../client-activity.ts'
import type { Exports } from '../exports.ts'
import { fsinfo, fsstat, pathconf, readOnly } from '../procedures/fsinfo.ts'
import { FAILURE, type Failure, NfsCall, type Procedure, runProcedure } from '../procedures/procedure.ts'
import { access, getattr, lookup, read, readlink } from '../procedures/read.ts'
import { readdir, readdirplus } from '../procedures/readdir.ts'

/** RFC 1813, section 3.3, by number, each with what follows its status when it fails. */
const PROCEDURES: readonly [name: string, procedure: Procedure, failure: Failure][] = [
  ['NULL', async () => {}, FAILURE.nothing],
  ['GETATTR', getattr, FAILURE.nothing],
  ['SETATTR', readOnly, FAILURE.wcc],
  ['LOOKUP', lookup, FAILURE.attributes],
  ['ACCESS', access, FAILURE.attributes],
  ['READLINK', readlink, FAILURE.attributes],
  ['READ', read, FAILURE.attributes],
  ['WRITE', readOnly, FAILURE.wcc],
  ['CREATE', readOnly, FAILURE.wcc],
  ['MKDIR', readOnly, FAILURE.wcc],
  ['SYMLINK', readOnly, FAILURE.wcc],
  ['MKNOD', readOnly, FAILURE.wcc],
  ['REMOVE', readOnly, FAILURE.wcc],
  ['RMDIR', readOnly, FAILURE.wcc],
  ['RENAME', readOnly, FAILURE.twoWcc],
  ['LINK', readOnly, FAILURE.link],
  ['READDIR', readdir, FAILURE.attributes],
  ['READDIRPLUS', readdirplus, FAILURE.attributes],
  ['FSSTAT', fsstat, FAILURE.attributes],
  ['FSINFO', fsinfo, FAILURE.attributes],
  ['PATHCONF', pathconf, FAILURE.attributes],
  ['COMMIT', readOnly, FAILURE.wcc],
]

/** NFS version 3, read-only. */
export const nfsProgram = (exports: Exports, traffic: ClientActivity): ServedProgram => ({
  number: NFS.number,
  versions: [NFS.version],
  async answer(incoming, reply) {
    const entry = PROCEDURES[incoming.procedure]
    if (entry === undefined) return false
    const [name, procedure, failure] = entry
    const call = new NfsCall(exports, incoming)
    const before = reply.length
    await runProcedure(procedure, failure, call, reply)
    traffic.recordCall(name, incoming, call.node, reply.length - before)
    return true
  },
})
