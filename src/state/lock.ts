import { join } from 'node:path'
import { BeError } from '../errors/errors.ts'
import type { Clock } from '../net/net.ts'
import { isLocked, type Lock, type LockFile, tryLock, withLock } from './file-lock.ts'

/**
 * The locks between `be` processes, by what they protect. `tryLock…` answers undefined when another process holds
 * the lock, `lock…` throws, `with…Lock` waits for it and does some work while it is held.
 */

/**
 * Locks the machine whose files are in `dir`: one process may run it. Undefined: another one does.
 *
 * @throws BeError those of `openDatabase`
 */
export const tryLockVm = (dir: string): Lock | undefined => tryLock(vmLock(dir))

/** Whether a process runs the machine whose files are in `dir`. */
export const isVmLocked = (dir: string): boolean => isLocked(vmLock(dir))

const vmLock = (dir: string): LockFile => ({ dir, name: 'vm.lock' })

/**
 * Locks the tree of one boot environment: for writing (`be install`, `be prepare`), or since it is to be moved or
 * destroyed.
 *
 * @throws BeError BE_TREE_BUSY, and those of `openDatabase`
 */
export function lockTree(dir: string, be: string): Lock {
  const lock = tryLock(treeLock(dir, be))
  if (lock !== undefined) return lock
  throw new BeError('BE_TREE_BUSY', `another be installs, prepares or changes ${be}`, {
    hint: 'let it come to its end, or stop it: the same be install again goes on where it stopped',
  })
}

/** Whether a process has locked the tree. */
export const isTreeLocked = (dir: string, be: string): boolean => isLocked(treeLock(dir, be))

const treeLock = (dir: string, be: string): LockFile => ({ dir: join(dir, 'trees'), name: `${be}.lock` })

/**
 * Does the work while no other process changes exports: each one reads what is shared, adds its own, and writes
 * all of it.
 *
 * @throws BeError BE_EXPORTS_BUSY, those of `openDatabase`, and what the work throws
 */
export const withExportsLock = <T>(dir: string, clock: Clock, work: () => Promise<T>): Promise<T> =>
  whenFree({ dir, name: 'exports.lock' }, clock, 'BE_EXPORTS_BUSY', 'changing exports', work)

/**
 * Does the work while no other process adds interfaces to a bridge or removes them.
 *
 * @throws BeError BE_BRIDGES_BUSY, those of `openDatabase`, and what the work throws
 */
export const withBridgesLock = <T>(dir: string, clock: Clock, work: () => Promise<T>): Promise<T> =>
  whenFree({ dir, name: 'bridges.lock' }, clock, 'BE_BRIDGES_BUSY', 'changing bridges', work)

/**
 * Does the work while no other process changes the list of those that use a boot environment's tree on this host,
 * nor mounts or unmounts it.
 *
 * @throws BeError BE_TREE_BUSY, those of `openDatabase`, and what the work throws
 */
export function withTreeUsersLock<T>(
  dir: string,
  be: string,
  clock: Clock,
  work: () => Promise<T>,
): Promise<T> {
  const file = { dir: join(dir, 'tree-users'), name: `${be}.lock` }
  return whenFree(file, clock, 'BE_TREE_BUSY', `mounting or unmounting ${be}`, work)
}

/** How long the lock is waited for (ms): its work takes seconds at worst, and several commands may be waiting. */
const LIMIT_MS = 60_000

function whenFree<T>(
  file: LockFile,
  clock: Clock,
  code: 'BE_BRIDGES_BUSY' | 'BE_EXPORTS_BUSY' | 'BE_TREE_BUSY',
  activity: string,
  work: () => Promise<T>,
): Promise<T> {
  const busy = (): BeError =>
    new BeError(code, `another be has been ${activity} for ${LIMIT_MS / 1000} s`, {
      hint: 'see what it waits for (ps), then try again',
    })
  return withLock(file, { clock, limitMs: LIMIT_MS, busy }, work)
}
