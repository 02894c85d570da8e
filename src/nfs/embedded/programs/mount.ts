import { MNTPATHLEN, MOUNT_PROCEDURE } from '../../../rpc/mount.ts'
import { MOUNT_STATUS } from '../../../rpc/mount-status.ts'
import { MOUNT } from '../../../rpc/programs.ts'
import { AUTH_SYS } from '../../../rpc/protocol.ts'
import type { ServedProgram, ServerCall } from '../../../rpc/server/dispatch.ts'
import type { XdrWriter } from '../../../rpc/xdr.ts'
import type { ClientActivity } from '../client-activity.ts'
import type { Exports } from '../exports.ts'
import { STATUS, statusOf } from '../status.ts'

/**
 * MOUNT version 3 (RFC 1813, appendix I), and version 1 (RFC 1094, appendix A), which differs in MNT alone. No list
 * of mounts is kept, so DUMP is empty and UMNT has no effect.
 */
export const mountProgram = (exports: Exports, activity: ClientActivity): ServedProgram => ({
  number: MOUNT.number,
  versions: [1, MOUNT.version],
  async answer(call, reply) {
    switch (call.procedure) {
      case MOUNT_PROCEDURE.NULL:
      case MOUNT_PROCEDURE.UMNT:
      case MOUNT_PROCEDURE.UMNTALL:
        return true
      case MOUNT_PROCEDURE.MNT:
        await mnt(exports, activity, call, reply)
        return true
      case MOUNT_PROCEDURE.DUMP:
        reply.bool(false)
        return true
      case MOUNT_PROCEDURE.EXPORT:
        writeExports(exports, call, reply)
        return true
      default:
        return false
    }
  },
})

async function mnt(
  exports: Exports,
  activity: ClientActivity,
  call: ServerCall,
  reply: XdrWriter,
): Promise<void> {
  const path = withoutSlashes(call.args.opaque(MNTPATHLEN).toString('latin1'))
  const volume = exports.byPath(path)
  // MNT of version 1 returns a 32-byte handle for NFSv2, which is not served.
  if (volume === undefined || !volume.admits(call.from.address) || call.version === 1) {
    reply.uint32(STATUS.acces)
    return
  }
  try {
    const { handle } = await exports.tree.root(volume)
    reply.uint32(STATUS.ok).opaque(handle).uint32(1).uint32(AUTH_SYS)
    activity.recordMount(call, volume)
  } catch (error) {
    reply.uint32(mountStatus(error))
  }
}

/** The path without slashes at its end. */
function withoutSlashes(path: string): string {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end--
  return path.slice(0, end)
}

const SERVERFAULT = 10006

/** mountstat3 has fewer values than nfsstat3: a stale root is not exported (ACCES), all others are SERVERFAULT. */
function mountStatus(error: unknown): number {
  const status = statusOf(error)
  if (status in MOUNT_STATUS) return status
  return status === STATUS.stale ? STATUS.acces : SERVERFAULT
}

/** Only the exports that the caller may mount. */
function writeExports(exports: Exports, { from }: ServerCall, reply: XdrWriter): void {
  for (const volume of exports.all()) {
    if (!volume.admits(from.address)) continue
    reply.bool(true).raw(volume.exportEntry)
  }
  reply.bool(false)
}
