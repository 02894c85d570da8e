import { BeError, errno } from '../errors/errors.ts'
import { detectPlatform, installHint, type Platform } from './platform.ts'

export interface RunOptions {
  /** The program and all that it started are killed after this time. */
  timeoutMs: number
  input?: string
  /** Added to the environment of this process. */
  env?: Record<string, string>
  cwd?: string
  /** Whose package is named when the program is missing; default: that of this process. */
  platform?: Platform
}

export interface RunResult {
  /** Without the last newline. */
  stdout: string
  stderr: string
}

/** How a program ended; the `cause` of BE_PROGRAM_FAILED. */
export interface Ending {
  /** Exit status; absent when a signal ended it. */
  status?: number
  stderr: string
}

/** The ending in an error of a `Run`; undefined when the program did not run to its end. */
export const endingOf = (error: unknown): Ending | undefined =>
  error instanceof BeError && error.code === 'BE_PROGRAM_FAILED' ? (error.cause as Ending) : undefined

/** Runs a program to its end: `run` below, or the same by ssh. */
export type Run = (argv: string[], options: RunOptions) => Promise<RunResult>

/**
 * Runs a program to its end, by its argument vector and not by a shell, in a process group of its own, all of which is
 * killed when the time is over.
 *
 * Throws BE_PROGRAM_MISSING (with what to install), BE_PROGRAM_FAILED (with the exit status and the last
 * line on stderr) or BE_PROGRAM_TIMEOUT.
 */
export const run: Run = async (argv, options) => {
  const [program, ...args] = argv
  if (program === undefined) throw new BeError('BE_PROGRAM_MISSING', 'no program given', { exit: 'internal' })
  const { execa } = await import('execa') // loaded here, since it starts slowly
  const child = execa(program, args, {
    detached: true, // a process group (and session) of its own
    reject: false,
    input: options.input ?? '',
    env: { LC_ALL: 'C', ...options.env },
    cwd: options.cwd,
  })
  let late = false
  const timer = setTimeout(() => {
    late = true
    killGroup(child.pid)
    // A process that left the group may hold the pipes open: it is not waited for.
    child.stdout.destroy()
    child.stderr.destroy()
  }, options.timeoutMs)
  const result = await child
  clearTimeout(timer)
  if (late) throw timedOut(shown(argv), options.timeoutMs)
  if (result.failed) throw failed(argv, result, options.platform)
  return { stdout: result.stdout, stderr: result.stderr }
}

/** Signals every process of a group; not an error when all have ended. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // all have ended
  }
}

/** The beginning of a command, for a message. */
export const shown = (argv: string[]): string => argv.slice(0, 4).join(' ') + (argv.length > 4 ? ' …' : '')

export const timedOut = (command: string, ms: number): BeError =>
  new BeError('BE_PROGRAM_TIMEOUT', `${command} did not end within ${ms / 1000} s and was killed`, {
    hint: 'run it by hand to see what it waits for',
  })

interface Failure {
  code?: string
  exitCode?: number
  signal?: string
  stderr?: unknown
  originalMessage?: string
}

function failed(argv: string[], result: Failure, platform?: Platform): BeError {
  const program = argv[0]!
  if (result.code === 'ENOENT') return programMissing(program, platform ?? detectPlatform())
  const how =
    result.exitCode !== undefined
      ? `ended with status ${result.exitCode}`
      : result.signal !== undefined
        ? `was killed by ${result.signal}`
        : `could not run: ${result.originalMessage ?? result.code}`
  const said = lastLine(result.stderr)
  return new BeError('BE_PROGRAM_FAILED', `${shown(argv)} ${how}${said === '' ? '' : `: ${said}`}`, {
    cause: {
      stderr: typeof result.stderr === 'string' ? result.stderr : '',
      ...(result.exitCode !== undefined && { status: result.exitCode }),
    } satisfies Ending,
  })
}

/** The error of a program that is not installed, with the package that has it. */
export const programMissing = (program: string, platform: Platform): BeError =>
  new BeError('BE_PROGRAM_MISSING', `program ${program} is not installed`, {
    hint: installHint(program, platform),
  })

/** The error of spawn(). */
export const startError = (error: Error, program: string, platform: Platform): BeError =>
  errno(error) === 'ENOENT'
    ? programMissing(program, platform)
    : new BeError('BE_PROGRAM_FAILED', `cannot start ${program}: ${error.message}`, { cause: error })

const lastLine = (text: unknown): string =>
  typeof text === 'string' ? (text.trimEnd().split('\n').at(-1) ?? '').trim() : ''
