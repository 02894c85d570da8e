import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { BeError } from '../errors/errors.ts'
import { makeDirectory } from '../host/directory.ts'
import type { Clock } from '../net/net.ts'
import { poll } from '../net/poll.ts'
import { isBusy, openError } from './errors.ts'

/** A lock that this process holds. */
export interface Lock {
  release(): void
}

/** A lock file; its directory is made when it is missing. */
export interface LockFile {
  dir: string
  name: string
}

/**
 * Locks a file: an SQLite transaction that stays open holds the system's own lock on it, which ends with the process,
 * so no lock is ever stale. Waits up to `waitMs`, which blocks the process. Undefined: another process holds it.
 *
 * @throws BeError those of `openDatabase`
 */
export function tryLock({ dir, name }: LockFile, waitMs = 0): Lock | undefined {
  const file = join(dir, name)
  let db: DatabaseSync | undefined
  try {
    makeDirectory(dir, 0o750)
    closeSync(openSync(file, 'a+', 0o640))
    db = new DatabaseSync(file, { timeout: waitMs })
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close()
    if (isBusy(error)) return undefined
    throw openError(error, dir, file)
  }
  const held = db
  return {
    release() {
      if (held.isOpen) held.close()
    },
  }
}

/** Whether another process holds the lock; false when there is no such file. Takes a read lock for a moment. */
export function isLocked({ dir, name }: LockFile): boolean {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(join(dir, name), { readOnly: true, timeout: 0 })
    db.prepare('SELECT 1 FROM sqlite_schema').get()
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    db?.close()
  }
}

/** How often a lock that is held is tried again (ms). */
const EVERY_MS = 50

/** Does the work while this process holds the lock. Waits up to `limitMs` for it, then throws what `busy` makes. */
export async function withLock<T>(
  file: LockFile,
  { clock, limitMs, busy }: { clock: Clock; limitMs: number; busy: () => BeError },
  work: () => Promise<T>,
): Promise<T> {
  const lock = await poll(clock, { everyMs: EVERY_MS, limitMs }, () => tryLock(file))
  if (lock === undefined) throw busy()
  try {
    return await work()
  } finally {
    lock.release()
  }
}
