import { execa } from 'execa'
import { BeError } from '../errors/errors.ts'
import { detectPlatform, installHint, type Platform } from './platform.ts'

export interface RunOptions {
  /** The program and all that it started are killed after this time. */
  timeoutMs: number
  input?: string
  /** Added to our own environment. */
  env?: Record<string, string>
  cwd?: string
  /** For the package named when the program is missing; default: the running one. */
  platform?: Platform
}

export interface RunResult {
  /** Text, without its last newline. */
  stdout: string
  stderr: string
}

/** How a program ended that failed: the `cause` of BE_PROGRAM_FAILED. */
export interface Ending {
  /** Exit status; absent when a signal ended it. */
  status?: number
  /** All that it said. */
  stderr: string
}

/** The ending in an error of a `Run`; undefined when it did not come so far. */
export const endingOf = (error: unknown): Ending | undefined =>
  error instanceof BeError && error.code === 'BE_PROGRAM_FAILED' ? (error.cause as Ending) : undefined

/** The function type, so that whoever runs programs can be given another one (ssh, a test's). */
export type Run = (argv: string[], options: RunOptions) => Promise<RunResult>

/**
 * Runs a program to its end: an argument vector, never a shell; in a process group of its own, which is
 * killed whole on time-out.
 *
 * Throws BE_PROGRAM_MISSING (with what to install), BE_PROGRAM_FAILED (with the exit status and the last
 * line on stderr) or BE_PROGRAM_TIMEOUT.
 */
export const run: Run = async (argv, options) => {
  const [program, ...args] = argv
  if (program === undefined) throw new BeError('BE_PROGRAM_MISSING', 'no program given', { exit: 'internal' })
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
    // One that left the group may still hold the pipes open: do not wait for it.
    child.stdout.destroy()
    child.stderr.destroy()
  }, options.timeoutMs)
  const result = await child
  clearTimeout(timer)
  if (late) throw timedOut(shown(argv), options.timeoutMs)
  if (result.failed) throw failed(argv, result, options.platform)
  return { stdout: result.stdout, stderr: result.stderr }
}

/** Kills every process of a group; not an error when it is gone already. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // gone already
  }
}

/** A command for an error. */
export const shown = (argv: string[]): string => argv.slice(0, 4).join(' ') + (argv.length > 4 ? ' …' : '')

export const timedOut = (command: string, ms: number): BeError =>
  new BeError('BE_PROGRAM_TIMEOUT', `${command} did not end within ${ms / 1000} s and was killed`, {
    hint: 'run it by hand to see what it waits for',
    exit: 'tryAgain',
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
    exit: 'failed',
    cause: {
      stderr: typeof result.stderr === 'string' ? result.stderr : '',
      ...(result.exitCode !== undefined && { status: result.exitCode }),
    } satisfies Ending,
  })
}

/** The error of a program that is not there, with the package that brings it. */
export const programMissing = (program: string, platform: Platform): BeError =>
  new BeError('BE_PROGRAM_MISSING', `program ${program} is not installed`, {
    hint: installHint(program, platform),
    exit: 'unavailable',
  })

const lastLine = (text: unknown): string =>
  typeof text === 'string' ? (text.trimEnd().split('\n').at(-1) ?? '').trim() : ''
