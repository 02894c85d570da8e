import { BeError } from '../errors/errors.ts'
import type { NfsRoot } from '../nfs/root.ts'
import type { Lab } from './lab.ts'

/**
 * Compares a handle that was just granted with the one before. Another one means another file system: the boot
 * environment was made anew, and machines that run from the former one have stale handles. Never throws: state
 * that cannot be written (be emit as nobody, a full disk) is no reason not to boot.
 */
export function recordHandle(rooms: Lab, { path, handle }: NfsRoot): void {
  if (rooms.dryRun) return
  const is = handle.toString('hex')
  const changed = noted(rooms, path, is)
  if (changed === undefined) return
  const { be, was } = changed
  const detail = { why: 'BE was recreated: machines that run it have to boot again', was, is }
  rooms.sessionLog.emit({ event: 'nfs:handle-changed', level: 'warn', be, detail })
}

function noted(rooms: Lab, path: string, handle: string) {
  try {
    return rooms.shares.noteHandle(path, handle)
  } catch (error) {
    if (error instanceof BeError) return undefined
    throw error
  }
}
