import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { execa } from 'execa'
import { errno } from '../errors/errors.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { killGroup, programMissing } from './run.ts'

/** How a program ended that was fed. */
export interface Fed {
  /** Undefined: killed by a signal. */
  status: number | undefined
  /** The last 64 KB of its standard error. */
  stderr: string
}

/**
 * Runs a program with a stream as its standard input, however long that takes. When we die, its input ends,
 * and with that it. Rejects when the stream fails, the program killed; throws BE_PROGRAM_MISSING.
 */
export async function feed(
  argv: string[],
  input: Readable,
  { platform = detectPlatform(), onLine }: { platform?: Platform; onLine?: (line: string) => void } = {},
): Promise<Fed> {
  const [program, ...args] = argv as [string, ...string[]]
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
  const said = once(child.stderr, 'close')
  const fed = await pipeline(input, child.stdin).catch((error: unknown) => error)
  // It had enough, or failed: its own words say more than ours.
  const broken = fed !== undefined && !['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errno(fed) ?? '')
  if (broken) killGroup(child.pid)
  const result = await child
  if (result.code === 'ENOENT') throw programMissing(program, platform)
  if (broken) throw fed
  await said
  return { status: result.exitCode, stderr }
}

function eachLine(from: Readable | null, onLine: (line: string) => void): void {
  let rest = ''
  from?.on('data', (data: Buffer) => {
    const lines = (rest + data).split('\n')
    rest = lines.pop()!.slice(-4096)
    for (const line of lines) onLine(line)
  })
}
