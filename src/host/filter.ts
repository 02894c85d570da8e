import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BeError } from '../errors/errors.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { killGroup, programMissing } from './run.ts'

/**
 * Runs a program as a filter: `input` is its stdin, and its stdout is yielded piece by piece. Ending the iteration
 * early kills it. Throws BE_PROGRAM_MISSING, BE_PROGRAM_FAILED.
 */
export async function* filter(
  argv: string[],
  input: Readable,
  platform: Platform = detectPlatform(),
): AsyncGenerator<Buffer> {
  const [program, ...args] = argv as [string, ...string[]]
  const { execa } = await import('execa')
  const child = execa(program, args, {
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
  })
  // Where the program did not read all of it, its exit status tells why.
  const written = pipeline(input, child.stdin).catch(() => {})
  try {
    yield* child.stdout as AsyncIterable<Buffer>
    await written
    const result = await child
    if (result.code === 'ENOENT') throw programMissing(program, platform)
    if (!result.failed) return
    throw new BeError('BE_PROGRAM_FAILED', `${program} ended with status ${result.exitCode ?? result.signal}`)
  } finally {
    killGroup(child.pid)
    input.destroy()
  }
}
