import { spawn } from 'node:child_process'
import { BeError, errno } from '../errors/errors.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { killGroup, programMissing } from './run.ts'

/** How a program ended: by itself, or by a signal. */
export interface Ended {
  status?: number
  signal?: string
  /** The last line that it wrote to stderr. */
  lastLine: string
}

/** A program whose standard streams are ours while it runs. */
export interface Child {
  pid: number
  ended: Promise<Ended>
  /** What it does not read is lost when there is too much of it. */
  write(data: Uint8Array): void
  signal(name: NodeJS.Signals): void
  /** The program and all that it started, at once. */
  kill(): void
}

/** From its end to that of its pipes. */
const LAST_WORDS_MS = 500

/** Bytes that may wait to be read by it. */
const TYPED_MOST = 64 * 1024

/** Bytes of its last line on stderr that are kept. */
const LINE_MOST = 500

/**
 * Starts a program in a process group of its own; it runs in /, so that it keeps no BE from being unmounted.
 * Throws BE_PROGRAM_MISSING, BE_PROGRAM_FAILED.
 */
export async function startChild(
  argv: readonly string[],
  on: { output(data: Buffer): void; error(data: Buffer): void },
  platform: Platform = detectPlatform(),
): Promise<Child> {
  const [program, ...args] = argv as [string, ...string[]]
  const child = spawn(program, args, { detached: true, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] })
  await new Promise<void>((done, failed) => {
    child.once('spawn', done)
    child.once('error', error => failed(startError(error, program, platform)))
  })
  let said = ''
  child.stdout.on('data', on.output)
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString('latin1')).slice(-2 * LINE_MOST)
    on.error(data)
  })
  // It may be gone when something is typed.
  child.stdin.on('error', () => {})
  return {
    pid: child.pid!,
    ended: new Promise(done => {
      child.once('exit', (status, signal) => {
        const told = () => {
          clearTimeout(timer)
          const lastLine = said.trimEnd().split('\n').at(-1)!.slice(0, LINE_MOST).trim()
          done({ ...(status !== null && { status }), ...(signal !== null && { signal }), lastLine })
        }
        // What it left running may hold the pipes open: its own last words are there by then.
        const timer = setTimeout(told, LAST_WORDS_MS)
        child.once('close', told)
      })
    }),
    write(data) {
      if (child.stdin.writableLength < TYPED_MOST) child.stdin.write(data)
    },
    signal: name => void child.kill(name),
    kill: () => killGroup(child.pid),
  }
}

const startError = (error: Error, program: string, platform: Platform): BeError =>
  errno(error) === 'ENOENT'
    ? programMissing(program, platform)
    : new BeError('BE_PROGRAM_FAILED', `cannot start ${program}: ${error.message}`, { cause: error })
