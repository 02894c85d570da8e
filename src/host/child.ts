import { spawn } from 'node:child_process'
import { detectPlatform, type Platform } from './platform.ts'
import { killGroup, startError } from './run.ts'

/** How a program ended: by itself, or by a signal. */
export interface Ended {
  status?: number
  signal?: string
  /** The last line that it wrote to stderr. */
  lastLine: string
}

/** A running program whose standard streams are connected to this process. */
export interface Child {
  pid: number
  ended: Promise<Ended>
  /** Writes to its stdin; dropped when too much waits there unread. */
  write(data: Uint8Array): void
  signal(name: NodeJS.Signals): void
  /** Kills its process group (SIGKILL). */
  kill(): void
}

/** How long its pipes may stay open after its end (ms): processes that it started can hold them. */
const PIPES_MS = 500

/** Bytes that may wait in its stdin. */
const UNREAD_MOST = 64 * 1024

/** Characters of the last line on stderr that are kept. */
const LINE_MOST = 500

/**
 * Starts a program in a process group of its own, with / as its working directory: another one could keep a BE from
 * being unmounted. Throws BE_PROGRAM_MISSING, BE_PROGRAM_FAILED.
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
  let stderr = ''
  child.stdout.on('data', on.output)
  child.stderr.on('data', (data: Buffer) => {
    stderr = (stderr + data.toString('latin1')).slice(-2 * LINE_MOST)
    on.error(data)
  })
  // EPIPE when it has ended
  child.stdin.on('error', () => {})
  return {
    pid: child.pid!,
    ended: new Promise(done => {
      child.once('exit', (status, signal) => {
        const finish = () => {
          clearTimeout(timer)
          const lastLine = stderr.trimEnd().split('\n').at(-1)!.slice(0, LINE_MOST).trim()
          done({ ...(status !== null && { status }), ...(signal !== null && { signal }), lastLine })
        }
        const timer = setTimeout(finish, PIPES_MS)
        child.once('close', finish)
      })
    }),
    write(data) {
      if (child.stdin.writableLength < UNREAD_MOST) child.stdin.write(data)
    },
    signal: name => void child.kill(name),
    kill: () => killGroup(child.pid),
  }
}
