import { spawn } from 'node:child_process'
import { fstatSync, writeSync } from 'node:fs'
import { errno } from '../../errors/errors.ts'
import { outputGone } from './output.ts'

/** How often FreeBSD is asked, in milliseconds. */
const CHECK_MS = 200

/**
 * A signal that aborts when nobody reads our standard output any more (`be log -f | head -1`), which a
 * program that has nothing to write does not notice, and which Node cannot poll for. `close` ends the watch.
 */
export function readerGone(): { signal: AbortSignal; close: () => void } {
  const gone = new AbortController()
  const close = isPipe() ? watch(() => gone.abort()) : () => {}
  return { signal: AbortSignal.any([gone.signal, outputGone]), close }
}

const watch = (gone: () => void): (() => void) =>
  process.platform === 'linux' ? byTail(gone) : byWrites(gone)

/**
 * tail(1) of coreutils, following a file that never grows, polls its standard output, which is ours, and dies of
 * SIGPIPE. It ends with us. Where there is another tail, our next line will tell.
 */
function byTail(gone: () => void): () => void {
  const argv = ['--follow', '--sleep-interval=0.2', `--pid=${process.pid}`, '/dev/null']
  const child = spawn('tail', argv, { stdio: ['ignore', 1, 'ignore'] })
  child.on('exit', (_, signal) => {
    if (signal === 'SIGPIPE') gone()
  })
  child.on('error', () => {}) // there is none
  return () => child.kill()
}

/** A write of nothing fails on a pipe without a reader (FreeBSD, sys/kern/sys_pipe.c, pipe_write: EPIPE). */
function byWrites(gone: () => void): () => void {
  const timer = setInterval(() => {
    try {
      writeSync(1, '')
    } catch (error) {
      if (errno(error) === 'EPIPE') gone()
    }
  }, CHECK_MS)
  return () => clearInterval(timer)
}

function isPipe(): boolean {
  try {
    return fstatSync(1).isFIFO()
  } catch {
    return false
  }
}
