import { NFS } from '../../../rpc/programs.ts'
import type { ServedProgram } from '../../../rpc/server/dispatch.ts'
import type { ClientActivity } from '../client-activity.ts'
import type { Exports } from '../exports.ts'
import { access } from '../procedures/access.ts'
import { fsinfo } from '../procedures/fsinfo.ts'
import { fsstat } from '../procedures/fsstat.ts'
import { getattr } from '../procedures/getattr.ts'
import { lookup } from '../procedures/lookup.ts'
import { modify } from '../procedures/modify.ts'
import { pathconf } from '../procedures/pathconf.ts'
import { FAILURE, type Failure, NfsCall, type Procedure, runProcedure } from '../procedures/procedure.ts'
import { read } from '../procedures/read.ts'
import { readdir, readdirplus } from '../procedures/readdir.ts'
import { readlink } from '../procedures/readlink.ts'

/** RFC 1813, section 3.3, by number; `failure` writes what follows the status of a failed call. */
const PROCEDURES: readonly [name: string, procedure: Procedure, failure: Failure][] = [
  ['NULL', async () => {}, FAILURE.nothing],
  ['GETATTR', getattr, FAILURE.nothing],
  ['SETATTR', modify, FAILURE.wcc],
  ['LOOKUP', lookup, FAILURE.attributes],
  ['ACCESS', access, FAILURE.attributes],
  ['READLINK', readlink, FAILURE.attributes],
  ['READ', read, FAILURE.attributes],
  ['WRITE', modify, FAILURE.wcc],
  ['CREATE', modify, FAILURE.wcc],
  ['MKDIR', modify, FAILURE.wcc],
  ['SYMLINK', modify, FAILURE.wcc],
  ['MKNOD', modify, FAILURE.wcc],
  ['REMOVE', modify, FAILURE.wcc],
  ['RMDIR', modify, FAILURE.wcc],
  ['RENAME', modify, FAILURE.twoWcc],
  ['LINK', modify, FAILURE.link],
  ['READDIR', readdir, FAILURE.attributes],
  ['READDIRPLUS', readdirplus, FAILURE.attributes],
  ['FSSTAT', fsstat, FAILURE.attributes],
  ['FSINFO', fsinfo, FAILURE.attributes],
  ['PATHCONF', pathconf, FAILURE.attributes],
  ['COMMIT', modify, FAILURE.wcc],
]

/** NFS version 3, read-only. */
export const nfsProgram = (exports: Exports, activity: ClientActivity): ServedProgram => ({
  number: NFS.number,
  versions: [NFS.version],
  async answer(request, reply) {
    const entry = PROCEDURES[request.procedure]
    if (entry === undefined) return false
    const [name, procedure, failure] = entry
    const call = new NfsCall(exports, request)
    const before = reply.length
    await runProcedure(procedure, failure, call, reply)
    activity.recordCall(name, request, call.node, reply.length - before)
    return true
  },
})
