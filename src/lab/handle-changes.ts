import { BeError } from '../errors/errors.ts'
import type { NfsRoot } from '../nfs/root.ts'
import type { SessionLog } from '../session/log.ts'
import type { ShareTable } from '../state/share-table.ts'

/** The parts of a lab that recordHandle uses; `shares` throws where the state cannot be opened. */
export interface HandleChangeLab {
  readonly dryRun: boolean
  readonly shares: Pick<ShareTable, 'recordHandle'>
  readonly sessionLog: Pick<SessionLog, 'emit'>
}

/**
 * Stores a root's file handle that mountd has granted, and logs nfs:handle-changed if it differs from the last one: the
 * boot environment is on a new file system, and machines that run from the old one hold stale handles. Does not throw
 * where the state cannot be written (`be emit` as nobody, a full disk): that must not stop a boot.
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
