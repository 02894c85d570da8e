import { BeError } from '../errors/errors.ts'
import type { NfsRoot } from '../nfs/root.ts'
import type { SessionLog } from '../session/log.ts'
import type { ShareTable } from '../state/share-table.ts'

/** The parts of a lab that recording a handle uses; `shares` may throw where the state cannot be opened. */
export interface HandleChangeLab {
  readonly dryRun: boolean
  readonly shares: Pick<ShareTable, 'recordHandle'>
  readonly sessionLog: Pick<SessionLog, 'emit'>
}

/**
 * Compares a handle that mountd just granted with the one before. A different handle means a different file system:
 * the boot environment was made anew, and machines that run from the old one hold stale handles. Never throws: a
 * state that cannot be written (`be emit` as nobody, a full disk) must not stop a boot.
 */
export function recordHandle(lab: HandleChangeLab, { path, handle }: NfsRoot): void {
  if (lab.dryRun) return
  const is = handle.toString('hex')
  const changed = store(lab, path, is)
  if (changed === undefined) return
  const { be, was } = changed
  const detail = { why: 'BE was recreated: machines that run it have to boot again', was, is }
  lab.sessionLog.emit({ event: 'nfs:handle-changed', level: 'warn', be, detail })
}

function store(lab: HandleChangeLab, path: string, handle: string) {
  try {
    return lab.shares.recordHandle(path, handle)
  } catch (error) {
    if (error instanceof BeError) return undefined
    throw error
  }
}
