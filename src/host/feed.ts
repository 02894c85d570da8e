import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { errno } from '../errors/errors.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { type Ending, killGroup, programMissing } from './run.ts'

/**
 * Runs a program with a stream as its standard input, without a time limit. When this process is killed the input
 * ends, and the program with it. Resolves with its ending whatever its status is, of stderr the last 64 KB; rejects
 * when the stream fails (the program is killed then). Throws BE_PROGRAM_MISSING.
 */
export async function feed(
  argv: string[],
  input: Readable,
  { platform = detectPlatform(), onLine }: { platform?: Platform; onLine?: (line: string) => void } = {},
): Promise<Ending> {
  const [program, ...args] = argv as [string, ...string[]]
  const { execa } = await import('execa')
  const child = execa(program, args, {
    detached: true,
    reject: false,
    buffer: false,
    env: { LC_ALL: 'C' },
    stdin: 'pipe',
    stdout: onLine === undefined ? 'ignore' : 'pipe',
    stderr: 'pipe',
  })
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => {
    stderr = (stderr + data).slice(-64 * 1024)
  })
  if (onLine !== undefined) eachLine(child.stdout as Readable | null, onLine)
  const stderrClosed = once(child.stderr, 'close')
  const { pipeline } = await import('node:stream/promises')
  const error = await pipeline(input, child.stdin).catch((error: unknown) => error)
  // Where the program closed its input early, its status and stderr tell why.
  const failed = error !== undefined && !['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errno(error) ?? '')
  if (failed) killGroup(child.pid)
  const result = await child
  if (result.code === 'ENOENT') throw programMissing(program, platform)
  if (failed) throw error
  await stderrClosed
  return { ...(result.exitCode !== undefined && { status: result.exitCode }), stderr }
}

function eachLine(from: Readable | null, onLine: (line: string) => void): void {
  let rest = ''
  from?.on('data', (data: Buffer) => {
    const lines = (rest + data).split('\n')
    rest = lines.pop()!.slice(-4096)
    for (const line of lines) onLine(line)
  })
}
