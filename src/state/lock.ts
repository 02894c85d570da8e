import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BeError } from '../errors/errors.ts'
import { makeDirectory } from '../host/directory.ts'
import { type Clock, sleep } from '../net/net.ts'
import { isBusy, openError } from './errors.ts'

/** A right that one process has at a time. */
export interface Lock {
  release(): void
}

/**
 * The system's own lock on a file, through an SQLite transaction that never ends: it is gone with its process
 * however that ends, so there is no stale one. Undefined: another has it. Throws those of `openDatabase`.
 */
function tryLock(dir: string, name: string, waitMs = 0): Lock | undefined {
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

/** Longer than a look of `isServed`, which is in the way for a moment. */
const GLANCE_MS = 200

/**
 * Takes the right to serve out of `dir`, which two may not: their leases would contradict each other.
 * `serve.pid` names the holder for people.
 *
 * @throws BeError BE_ALREADY_SERVING, and those of `openDatabase`
 */
export function lockForServing(dir: string): Lock {
  const pidFile = join(dir, 'serve.pid')
  const lock = tryLock(dir, 'serve.lock', GLANCE_MS)
  if (lock === undefined) throw alreadyServing(dir, pidFile)
  try {
    writeFileSync(pidFile, `${process.pid}\n`)
  } catch (error) {
    lock.release()
    throw openError(error, dir, pidFile)
  }
  let held = true
  return {
    release() {
      if (held) rmSync(pidFile, { force: true })
      held = false
      lock.release()
    },
  }
}

/** Whether somebody serves out of `dir`. A pid that was left there would not tell: it may be another's by now. */
export function isServed(dir: string): boolean {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(join(dir, 'serve.lock'), { readOnly: true, timeout: 0 })
    db.prepare('SELECT 1 FROM sqlite_schema').get()
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    db?.close()
  }
}

/**
 * Takes the right to run the machine whose files lie in `dir`, which two may not. Undefined: another has it.
 *
 * @throws BeError those of `openDatabase`
 */
export const lockForRunning = (dir: string): Lock | undefined => tryLock(dir, 'vm.lock')

/**
 * Takes the right to write into the tree of one boot environment.
 *
 * @throws BeError BE_TREE_BUSY, and those of `openDatabase`
 */
export function lockTree(dir: string, be: string): Lock {
  const lock = tryLock(join(dir, 'trees'), `${be}.lock`)
  if (lock !== undefined) return lock
  throw new BeError('BE_TREE_BUSY', `another be install or be prepare works on ${be}`, {
    hint: 'let it come to its end, or stop it: the same again goes on where it stopped',
    exit: 'tryAgain',
  })
}

const LOOK_MS = 50
/** Sharing takes seconds at worst, and several commands may stand in line. */
const PATIENCE_MS = 60_000

/** Does the work while no other process does any under the same name. Waits for its turn. */
async function inTurn<T>(
  { dir, name, clock, busy }: { dir: string; name: string; clock: Clock; busy: () => BeError },
  work: () => Promise<T>,
): Promise<T> {
  const end = clock.monotonic() + PATIENCE_MS
  let lock = tryLock(dir, name)
  while (lock === undefined) {
    if (clock.monotonic() >= end) throw busy()
    await sleep(clock, LOOK_MS)
    lock = tryLock(dir, name)
  }
  try {
    return await work()
  } finally {
    lock.release()
  }
}

const busyFor = (code: 'BE_BRIDGES_BUSY' | 'BE_EXPORTS_BUSY' | 'BE_TREE_BUSY', what: string) => (): BeError =>
  new BeError(code, `another be has been ${what} for ${PATIENCE_MS / 1000} s`, {
    hint: 'see what it waits for (ps), then try again',
    exit: 'tryAgain',
  })

/**
 * Does the work while no other process changes exports: each reads what is shared, adds its own, and writes
 * all of it. Waits for its turn.
 *
 * @throws BeError BE_EXPORTS_BUSY, those of `openDatabase`, and what the work throws
 */
export function withExportsLock<T>(dir: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const busy = busyFor('BE_EXPORTS_BUSY', 'changing exports')
  return inTurn({ dir, name: 'exports.lock', clock, busy }, work)
}

/**
 * Does the work while no other machine is plugged into a bridge, or out of one. Waits for its turn.
 *
 * @throws BeError BE_BRIDGES_BUSY, those of `openDatabase`, and what the work throws
 */
export function withBridgesLock<T>(dir: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const busy = busyFor('BE_BRIDGES_BUSY', 'plugging machines in')
  return inTurn({ dir, name: 'cables.lock', clock, busy }, work)
}

/**
 * Does the work while nobody else moves into a boot environment's tree on this host, or out. Waits for its turn.
 *
 * @throws BeError BE_TREE_BUSY, those of `openDatabase`, and what the work throws
 */
export function withTreeUsersLock<T>(
  dir: string,
  be: string,
  clock: Clock,
  work: () => Promise<T>,
): Promise<T> {
  const busy = busyFor('BE_TREE_BUSY', `mounting or unmounting ${be}`)
  return inTurn({ dir: join(dir, 'tree-users'), name: `${be}.lock`, clock, busy }, work)
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
