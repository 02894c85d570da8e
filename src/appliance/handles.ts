import type { NfsRoot } from '../nfs/facts.ts'
import type { Rooms } from './rooms.ts'

/**
 * Compares a handle that was just granted with the one before. Another one means another file system: the boot
 * environment was made anew, and machines that run from the former one have stale handles.
 */
export function noteHandle(rooms: Rooms, { path, handle }: NfsRoot): void {
  if (rooms.dryRun) return
  const is = handle.toString('hex')
  const changed = rooms.shares.noteHandle(path, is)
  if (changed === undefined) return
  const { be, was } = changed
  const detail = { why: 'BE was recreated: machines that run it have to boot again', was, is }
  rooms.sessionLog.emit({ event: 'nfs:handle-changed', level: 'warn', be, detail })
}
