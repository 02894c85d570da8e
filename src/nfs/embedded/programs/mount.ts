import { MNTPATHLEN } from '../../../rpc/mount.ts'
import { MOUNT_STATUS } from '../../../rpc/mount-status.ts'
import { MOUNT } from '../../../rpc/programs.ts'
import type { ServedProgram, ServerCall } from '../../../rpc/server/dispatch.ts'
import type { XdrWriter } from '../../../rpc/xdr.ts'
import type { ClientActivity } from '../client-activity.ts'
import type { Exports } from '../exports.ts'
import { STATUS, statusOf } from '../status.ts'

/** RFC 1813, appendix I; version 1 (RFC 1094, appendix A) differs in MNT alone. */
const PROC = { NULL: 0, MNT: 1, DUMP: 2, UMNT: 3, UMNTALL: 4, EXPORT: 5 } as const
const AUTH_SYS = 1

/** MOUNT: hands out the handle of a share's root to those who may have it. Who has it is not kept. */
export const mountProgram = (exports: Exports, traffic: ClientActivity): ServedProgram => ({
  number: MOUNT.number,
  versions: [1, MOUNT.version],
  async answer(call, reply) {
    switch (call.procedure) {
      case PROC.NULL:
      case PROC.UMNT:
      case PROC.UMNTALL:
        return true
      case PROC.MNT:
        await mnt(exports, traffic, call, reply)
        return true
      case PROC.DUMP:
        reply.bool(false)
        return true
      case PROC.EXPORT:
        writeExports(exports, call, reply)
        return true
      default:
        return false
    }
  },
})

async function mnt(
  exports: Exports,
  traffic: ClientActivity,
  call: ServerCall,
  reply: XdrWriter,
): Promise<void> {
  const path = call.args
    .opaque(MNTPATHLEN)
    .toString('latin1')
    .replace(/(?<=.)\/+$/, '')
  const volume = exports.byPath(path)
  // A handle of version 1 is of 32 bytes, for NFSv2, which is not served.
  if (volume === undefined || !volume.admits(call.from.address) || call.version === 1) {
    reply.uint32(STATUS.acces)
    return
  }
  try {
    const { handle } = await exports.tree.root(volume)
    reply.uint32(STATUS.ok).opaque(handle).uint32(1).uint32(AUTH_SYS)
    traffic.recordMount(call, volume)
  } catch (error) {
    reply.uint32(mountStatus(error))
  }
}

const SERVERFAULT = 10006

/** mountstat3 knows less than nfsstat3: what is stale is not what was shared, all else is ours. */
function mountStatus(error: unknown): number {
  const status = statusOf(error)
  if (status in MOUNT_STATUS) return status
  return status === STATUS.stale ? STATUS.acces : SERVERFAULT
}

/** Those alone that the asker may mount. */
function writeExports(exports: Exports, { from }: ServerCall, reply: XdrWriter): void {
  for (const volume of exports.all()) {
    if (!volume.admits(from.address)) continue
    reply.bool(true).opaque(Buffer.from(volume.path, 'latin1'))
    for (const client of volume.share.clients) reply.bool(true).string(client)
    reply.bool(false)
  }
  reply.bool(false)
}
