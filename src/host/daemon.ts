import { spawn } from 'node:child_process'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BeError, errno } from '../errors/errors.ts'
import { type Clock, sleep } from '../net/net.ts'
import { makeDirectory } from './directory.ts'
import { fileError, removeFile, writeAtomic } from './files.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { killGroup, programMissing, run } from './run.ts'

/** From SIGKILL to the end of all but those that wait for a disk. */
const KILL_MS = 2000

/** A program that goes on when the command that started it has ended. */
export interface Daemon {
  pid: number
  /** Settles when it ends, with its exit status, while we live: a start that failed. */
  ended: Promise<number | undefined>
}

/**
 * Starts a program in a session of its own, with stdout and stderr appended to `logFile`, and writes its
 * pid to `pidFile`. The program has to stay in the foreground; it runs in /, so that it keeps no BE from
 * being unmounted. Throws BE_PROGRAM_MISSING, BE_PROGRAM_FAILED, and those of files.ts; nothing runs then.
 */
export async function startDaemon(
  argv: string[],
  files: { logFile: string; pidFile: string },
  platform: Platform = detectPlatform(),
): Promise<Daemon> {
  const log = await openLog(files.logFile)
  const [program, ...args] = argv as [string, ...string[]]
  // Not execa: it keeps pipes to a child, and this one shall outlive us.
  const child = spawn(program, args, { detached: true, cwd: '/', stdio: ['ignore', log.fd, log.fd] })
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once('exit', status => resolve(status ?? undefined))
    child.once('error', error => reject(startError(error, program, platform)))
  })
  ended.catch(() => {}) // whoever waits for it is told; nobody has to
  child.unref()
  await log.close()
  if (child.pid === undefined) throw await ended.catch(error => error)
  await writeAtomic(files.pidFile, `${child.pid}\n`).catch(error => {
    killGroup(child.pid) // nobody would find it again
    throw error
  })
  return { pid: child.pid, ended }
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    makeDirectory(dirname(path), 0o755)
    return await open(path, 'a', 0o640)
  } catch (error) {
    throw fileError(error, 'write', path)
  }
}

const startError = (error: Error, program: string, platform: Platform): BeError =>
  errno(error) === 'ENOENT'
    ? programMissing(program, platform)
    : new BeError('BE_PROGRAM_FAILED', `cannot start ${program}: ${error.message}`, { cause: error })

/**
 * The pid in a pid file if a process of that program still has it: pids are used again. `word` has to stand in its
 * command line where several of one program run: after a reboot another of them may well have that very pid.
 */
export async function runningPid(
  pidFile: string,
  program: string,
  word?: string,
): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10)
  if (!(pid > 1) || !isAlive(pid)) return undefined
  const { name, line } = await commandOf(pid)
  if (name.slice(name.lastIndexOf('/') + 1) !== program) return undefined
  return word === undefined || line.split(/[^\w.:-]+/).includes(word) ? pid : undefined
}

/** Ends a daemon: SIGTERM, and SIGKILL to its group when it has not gone after `graceMs`. */
export async function stopDaemon(
  pid: number,
  pidFile: string,
  clock: Clock,
  graceMs = 10_000,
): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    if (errno(error) !== 'ESRCH') throw error
  }
  if (!(await ends(pid, clock, graceMs))) {
    killGroup(pid)
    // Until then it may have its ports.
    await ends(pid, clock, KILL_MS)
  }
  await removeFile(pidFile)
}

/** Whether a process ends within this time. */
async function ends(pid: number, clock: Clock, ms: number): Promise<boolean> {
  const end = clock.monotonic() + ms
  while (isAlive(pid) && clock.monotonic() < end) await sleep(clock, 50)
  return !isAlive(pid)
}

/** Whether a process has this pid, be it another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errno(error) === 'EPERM'
  }
}

/** The program that a process runs, and its command line: proc(5) where there is one, ps(1) elsewhere. */
async function commandOf(pid: number): Promise<{ name: string; line: string }> {
  if (detectPlatform() === 'linux') {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    return { name: words[0]!, line: words.join(' ') }
  }
  const argv = ['ps', '-ww', '-o', 'comm=', '-o', 'args=', '-p', String(pid)]
  const ps = await run(argv, { timeoutMs: 5000 }).catch(() => undefined)
  const [, name = '', line = ''] = /^(\S+)\s+(.*)$/s.exec(ps?.stdout.trim() ?? '') ?? []
  return { name, line }
}
