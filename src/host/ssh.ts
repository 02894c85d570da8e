import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BeError } from '../errors/errors.ts'
import type { Host } from './host.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { Queue } from './queue.ts'
import { remoteHost } from './remote-files.ts'
import { endingOf, programMissing, type Run, type RunOptions, run, shown, timedOut } from './run.ts'
import { shellWord } from './shell-word.ts'
import { sshError } from './ssh-errors.ts'
import type { SshTarget } from './ssh-url.ts'

export interface SshOptions {
  target: SshTarget
  /** Directory for the socket of the shared connection; without such a directory each command connects anew. */
  dir: string
  /** Found out by uname(1) when it is not given. */
  platform?: Platform
  /** The ssh program with its first options; for tests. */
  ssh?: string[]
}

/** sun_path of unix(4) has 104 bytes on FreeBSD; ssh adds a dot and 16 characters while it makes the socket. */
const LONGEST_SOCKET = 86
/** Commands at once; sshd allows 10 for each connection by default (MaxSessions in sshd_config(5)). */
const SESSIONS = 8
/** Exit statuses: of timeout(1), of sh(1) for a command that is not found, and of ssh(1) for its own failures. */
const TIMED_OUT = 124
const NOT_FOUND = 127
const SSH_FAILED = 255
/** Time beyond that of the command (ms): to connect, and for the remote timeout(1) to end the command and report it. */
const OVERHEAD_MS = 20_000

/**
 * A computer that is reached by ssh(1): one connection for all commands (ControlMaster), without prompts (BatchMode),
 * each word of a command quoted for the remote shell. The connection closes a few seconds after its last use even when
 * this process was killed (ControlPersist).
 *
 * All methods reject with BE_SSH_UNREACHABLE, BE_SSH_HOST_KEY, BE_SSH_PERMISSION, BE_SSH_CUT, BE_SSH_FAILED, or the
 * errors of run.ts and files.ts. Throws those too, and BE_PLATFORM_UNKNOWN.
 */
export async function openSshHost({ target, dir, platform, ssh = ['ssh'] }: SshOptions): Promise<Host> {
  const name = target.user === undefined ? target.host : `${target.user}@${target.host}`
  const socket = join(dir, `ssh-${process.pid}`)
  // A dry run has not made the directory; with a path that is too long ssh would fail.
  const shared = existsSync(dir) && Buffer.byteLength(socket) <= LONGEST_SOCKET
  const connect = [...ssh, ...optionsOf(target, shared ? socket : undefined), name]
  const queue = new Queue(SESSIONS)
  const runOn =
    (there: Platform): Run =>
    (argv, { timeoutMs, input, ...options }) =>
      queue.run(() =>
        run([...connect, commandLine(argv, { timeoutMs, ...options })], {
          timeoutMs: timeoutMs + OVERHEAD_MS,
          ...(input !== undefined && { input }),
        }).catch(error => {
          throw explained(error, name, argv, timeoutMs, there)
        }),
      )
  const close = async (): Promise<void> => {
    const exit = [...ssh, '-o', `ControlPath=${socket}`, '-O', 'exit', name]
    await run(exit, { timeoutMs: 5000 }).catch(() => {}) // it may have closed already
  }
  const there = platform ?? (await uname(runOn('linux')))
  return remoteHost(name, there, runOn(there), close)
}

const uname = async (run: Run): Promise<Platform> =>
  detectPlatform((await run(['uname', '-s'], { timeoutMs: 30_000 })).stdout.trim().toLowerCase())

/** Options of ssh. Without a socket each command connects anew. */
function optionsOf({ port }: SshTarget, socket: string | undefined): string[] {
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    ...(socket === undefined
      ? ['ControlPath=none']
      : ['ControlMaster=auto', `ControlPath=${socket}`, 'ControlPersist=10']),
  ]
  return ['-T', ...options.flatMap(option => ['-o', option]), ...(port ? ['-p', String(port)] : [])]
}

/**
 * The command line from which sh(1) at the other end makes the same argument vector. sshd passes it to the login shell
 * of the user, which may be csh(1): in single quotes that shell still treats quotes, newlines, `!` and bytes that are
 * invalid in its locale specially, so these are written as escapes of printf's %b.
 */
function commandLine(argv: string[], { timeoutMs, env, cwd }: RunOptions): string {
  const variables = Object.entries({ LC_ALL: 'C', ...env }).map(([key, value]) => `${key}=${value}`)
  const command = `exec ${limit(timeoutMs)} ${['env', ...variables, ...argv].map(shellWord).join(' ')}`
  const text = cwd === undefined ? command : `cd ${shellWord(cwd)} && ${command}`
  return `exec sh -c 'eval "$(printf %b "$0")"' '${escaped(text)}'`
}

/**
 * sshd does not end a command when the connection closes, and the command could go on to change what was undone here
 * meanwhile: timeout(1) ends it there, where that program exists. `--foreground`: otherwise FreeBSD's timeout(1) waits
 * for daemons that the command starts.
 */
function limit(ms: number): string {
  const timeout = 'timeout --foreground -k 5'
  return `$(${timeout} 5 true 2>/dev/null && echo ${timeout} ${Math.ceil(ms / 1000)})`
}

const escaped = (text: string): string =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/['!\\]|[^\x20-\x7e]/g, c => `\\0${c.charCodeAt(0).toString(8).padStart(3, '0')}`)

/** Tells failures of ssh itself from those of the program that it ran. */
function explained(error: unknown, name: string, argv: string[], ms: number, platform: Platform): unknown {
  const ending = endingOf(error)
  if (ending === undefined) {
    if (error instanceof BeError && error.code === 'BE_PROGRAM_TIMEOUT') {
      return cut(`${name}: ${argv[0]} did not end in time`, 'is the host or the network hung?')
    }
    return error
  }
  const { status, stderr } = ending
  if (status === undefined) return cut(`${name}: ssh was killed during ${argv[0]}`, 'try again')
  if (status === SSH_FAILED) return sshError(name, stderr)
  if (status === TIMED_OUT) return timedOut(`${name}: ${shown(argv)}`, ms)
  if (status === NOT_FOUND) {
    const { message, hint } = programMissing(argv[0]!, platform)
    return new BeError('BE_PROGRAM_MISSING', `${name}: ${message}`, { hint })
  }
  const said = stderr.trimEnd().split('\n').at(-1)!.trim()
  return new BeError(
    'BE_PROGRAM_FAILED',
    `${name}: ${shown(argv)} ended with status ${status}${said && `: ${said}`}`,
    { cause: ending },
  )
}

const cut = (message: string, hint: string): BeError => new BeError('BE_SSH_CUT', message, { hint })
