import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BeError } from '../errors.ts'
import { makeDirectory } from '../host/directory.ts'
import { isBusy, openError } from './errors.ts'

/** The right of one process to serve out of a state directory. */
export interface ServeLock {
  release(): void
}

/**
 * Takes the right to serve out of `dir`, which two may not: their leases would contradict each other. The lock
 * is the system's own, on `serve.lock`, through an SQLite transaction that never ends; it is gone with its
 * process however that ends, so there is no stale one. `serve.pid` names the holder for people.
 *
 * @throws BeError BE_ALREADY_SERVING, and those of `openDatabase`
 */
export function lockForServing(dir: string): ServeLock {
  const file = join(dir, 'serve.lock')
  const pidFile = join(dir, 'serve.pid')
  let db: DatabaseSync | undefined
  try {
    makeDirectory(dir, 0o750)
    closeSync(openSync(file, 'a+', 0o640))
    db = new DatabaseSync(file, { timeout: 0 })
    db.exec('BEGIN EXCLUSIVE')
    writeFileSync(pidFile, `${process.pid}\n`)
  } catch (error) {
    db?.close()
    throw isBusy(error) ? alreadyServing(dir, pidFile) : openError(error, dir, file)
  }
  const held = db
  return {
    release() {
      if (!held.isOpen) return
      rmSync(pidFile, { force: true })
      held.close()
    },
  }
}

function alreadyServing(dir: string, pidFile: string): BeError {
  const pid = holder(pidFile)
  const who = pid === undefined ? 'another be serve' : `be serve, process ${pid},`
  return new BeError('BE_ALREADY_SERVING', `${who} serves out of ${dir} already`, {
    hint: `stop it${pid === undefined ? '' : ` (kill ${pid})`}, or give this one a state.dir of its own`,
    exit: 'unavailable',
  })
}

/** The holder's pid; undefined in the moment before it is written. */
function holder(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
