import { BeError, errno, reason } from '../../errors/errors.ts'
import { EXIT } from '../../errors/sysexits.ts'

const gone = new AbortController()

/** Aborts when standard output fails. Commands that only print end then; one that changes something goes on. */
export const outputGone: AbortSignal = gone.signal

let status: number = EXIT.ok

/** Not EXIT.ok when standard output failed, as on a full disk; the exit status of a command that succeeded otherwise. */
export const outputStatus = (): number => status

/** Handles errors of standard output and standard error, which would be uncaught exceptions. */
export function watchOutput(): void {
  process.stdout.on('error', error => {
    gone.abort()
    // EPIPE: the reader has ended (be log | head), which is not an error.
    if (errno(error) === 'EPIPE' || status !== EXIT.ok) return
    const { line, exit } = new BeError('BE_OUTPUT', `cannot print: ${reason(error)}`, {
      hint: 'see where standard output goes; all else was done',
    })
    process.stderr.write(`be: ${line}\n`)
    status = EXIT[exit]
    process.exitCode ||= status
  })
  // The service goes on when its terminal is closed.
  process.stderr.on('error', () => {})
}
