import { spawn } from 'node:child_process'
import { fstatSync, writeSync } from 'node:fs'
import { errno } from '../../errors/errors.ts'
import { outputGone } from './output.ts'

/** Interval (ms) of the checks on FreeBSD. */
const CHECK_MS = 200

/**
 * A signal that aborts when the reader of our standard output has closed it (`be log -f | head -1`). A program that has
 * nothing to write gets no EPIPE, and Node has no poll(2) for it. `close` ends the watch.
 */
export function readerGone(): { signal: AbortSignal; close: () => void } {
  const gone = new AbortController()
  const close = isPipe() ? watch(() => gone.abort()) : () => {}
  return { signal: AbortSignal.any([gone.signal, outputGone]), close }
}

const watch = (gone: () => void): (() => void) =>
  process.platform === 'linux' ? byTail(gone) : byWrites(gone)

/**
 * Runs tail(1) of coreutils on a file that never grows: it polls its standard output, which is ours, and is killed by
 * SIGPIPE when the reader has gone. It ends with this process. With another tail(1), the next write detects the end.
 */
function byTail(gone: () => void): () => void {
  const argv = ['--follow', '--sleep-interval=0.2', `--pid=${process.pid}`, '/dev/null']
  const child = spawn('tail', argv, { stdio: ['ignore', 1, 'ignore'] })
  child.on('exit', (_, signal) => {
    if (signal === 'SIGPIPE') gone()
  })
  child.on('error', () => {}) // no tail(1)
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
