import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errno } from '../errors/errors.ts'
import type { Clock } from '../net/net.ts'
import { poll } from '../net/poll.ts'
import { makeDirectory } from './directory.ts'
import { fileError, removeFile, writeAtomic } from './files.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { killGroup, run, startError } from './run.ts'

/** How long a process may take to end after SIGKILL (ms). One that waits for a disk takes longer. */
const KILL_MS = 2000

/** A program that goes on when the command that started it has ended. */
export interface Daemon {
  pid: number
  /** Resolves with its exit status when it ends while this process runs: a start that failed. */
  ended: Promise<number | undefined>
}

/**
 * Starts a program in a session of its own, with stdout and stderr appended to `logFile`, and writes its pid to
 * `pidFile`. The program has to stay in the foreground; its working directory is /, since another one could keep a BE
 * from being unmounted. Throws BE_PROGRAM_MISSING, BE_PROGRAM_FAILED, and the errors of files.ts; nothing runs then.
 */
export async function startDaemon(
  argv: string[],
  files: { logFile: string; pidFile: string },
  platform: Platform = detectPlatform(),
): Promise<Daemon> {
  const log = await openLog(files.logFile)
  const [program, ...args] = argv as [string, ...string[]]
  // Not execa, which keeps pipes to the child: this one outlives us.
  const { spawn } = await import('node:child_process')
  const child = spawn(program, args, { detached: true, cwd: '/', stdio: ['ignore', log.fd, log.fd] })
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once('exit', status => resolve(status ?? undefined))
    child.once('error', error => reject(startError(error, program, platform)))
  })
  ended.catch(() => {}) // no unhandled rejection where nobody awaits it
  child.unref()
  await log.close()
  if (child.pid === undefined) throw await ended.catch(error => error)
  await writeAtomic(files.pidFile, `${child.pid}\n`).catch(error => {
    killGroup(child.pid) // without its pid file it could not be stopped later
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

/**
 * The pid in a pid file, if the process with that pid runs `program`: the system uses pids again. Where several of one
 * program run, `word` has to be a word of its command line as well: after a reboot another of them may have the pid.
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

/** Ends a daemon: SIGTERM, and SIGKILL to its process group when it has not ended after `graceMs`. */
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
  if (!(await endsWithin(pid, clock, graceMs))) {
    killGroup(pid)
    await endsWithin(pid, clock, KILL_MS) // its ports are free afterwards
  }
  await removeFile(pidFile)
}

/** Waits for the end of a process, up to `limitMs`; answers whether it has ended. */
export const endsWithin = (pid: number, clock: Clock, limitMs: number): Promise<boolean> =>
  poll(clock, { everyMs: 50, limitMs }, () => !isAlive(pid))

/** Whether a process has this pid, also one of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errno(error) === 'EPERM'
  }
}

/**
 * When a process started, as text that tells it from a later one with the same pid, after a restart of the host as well;
 * undefined when there is no such process. From proc_pid_stat(5), field 22, on Linux, from ps(1) elsewhere.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined
  if (detectPlatform() === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
    // The second field, a name in parentheses, may hold blanks.
    return stat && `${boot.trim()} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  }
  const ps = await run(['ps', '-o', 'lstart=', '-p', String(pid)], { timeoutMs: 5000 }).catch(() => undefined)
  return ps?.stdout.trim() || undefined
}

/** The program that a process runs, and its command line: from proc(5) on Linux, from ps(1) elsewhere. */
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
