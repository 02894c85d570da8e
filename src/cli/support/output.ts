import { BeError, errno, reason } from '../../errors/errors.ts'
import { EXIT } from '../../errors/sysexits.ts'

const gone = new AbortController()

/** Aborts when what we print reaches nobody any more: what only prints may end, a change goes on to its end. */
export const outputGone: AbortSignal = gone.signal

let status: number = EXIT.ok

/** The exit status of a command that did all but print: not ok when a disk was full, say. */
export const outputStatus = (): number => status

/** From here on a failure of standard output or error is no exception. */
export function watchOutput(): void {
  process.stdout.on('error', error => {
    gone.abort()
    // The reader has what it wants (be log | head): not an error of ours.
    if (errno(error) === 'EPIPE' || status !== EXIT.ok) return
    const { line, exit } = new BeError('BE_OUTPUT', `cannot print: ${reason(error)}`, {
      hint: 'see where standard output goes; all else was done',
    })
    process.stderr.write(`be: ${line}\n`)
    status = EXIT[exit]
    process.exitCode ||= status
  })
  // Who reads the messages may go away (a terminal is closed): no reason for the service to end.
  process.stderr.on('error', () => {})
}
