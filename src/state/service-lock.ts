import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BeError } from '../errors/errors.ts'
import { openError } from './errors.ts'
import { isLocked, type Lock, type LockFile, tryLock } from './file-lock.ts'

/** Longer than `isServing` of another process holds its read lock (ms). */
const WAIT_MS = 200

/** The lock of the service that runs. */
export interface ServiceLock extends Lock {
  /** Notes that the service answers now. Throws as lockService does. */
  ready(): void
}

const fileIn = (dir: string): LockFile => ({ dir, name: 'serve.lock' })

/**
 * Locks the state directory `dir` for `be serve`: two services with one state would contradict each other's leases.
 * `serve.pid` names the holder for people; `serve.ready` is there while it answers.
 *
 * @throws BeError BE_ALREADY_SERVING, and those of `openDatabase`
 */
export function lockService(dir: string): ServiceLock {
  const pidFile = join(dir, 'serve.pid')
  const readyFile = readyIn(dir)
  const lock = tryLock(fileIn(dir), WAIT_MS)
  if (lock === undefined) throw alreadyServing(dir, pidFile)
  const write = (file: string) => {
    try {
      writeFileSync(file, `${process.pid}\n`)
    } catch (error) {
      lock.release()
      throw openError(error, dir, file)
    }
  }
  rmSync(readyFile, { force: true }) // of one that was killed
  write(pidFile)
  let held = true
  return {
    ready: () => write(readyFile),
    release() {
      if (held) for (const file of [readyFile, pidFile]) rmSync(file, { force: true })
      held = false
      lock.release()
    },
  }
}

const readyIn = (dir: string): string => join(dir, 'serve.ready')

/** Whether a `be serve` runs on `dir`. The lock tells, not the pid file: a pid that was left may be another's now. */
export const isServing = (dir: string): boolean => isLocked(fileIn(dir))

/** Whether a `be serve` runs on `dir` and answers: false while it starts. */
export const isReady = (dir: string): boolean => isServing(dir) && existsSync(readyIn(dir))

function alreadyServing(dir: string, pidFile: string): BeError {
  const pid = readPid(pidFile)
  const who = pid === undefined ? 'another be serve' : `be serve, process ${pid},`
  return new BeError('BE_ALREADY_SERVING', `${who} serves out of ${dir} already`, {
    hint: `stop it${pid === undefined ? '' : ` (kill ${pid})`}, or give this one a state.dir of its own`,
  })
}

/** Undefined when the holder has not written it yet. */
function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
