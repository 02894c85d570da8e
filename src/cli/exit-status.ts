import { BeError, EXIT } from '../errors.ts'
import { out } from './session.ts'

/** `be` itself could not run the command: as env(1), timeout(1), and `git bisect run` for "cannot be tested". */
const NOT_RUN = 125
/** There is no such command. */
const NOT_FOUND = 127

/** Thrown to end `be` with the exit status of a command that it ran. A `cause` has still to be reported. */
export class ExitStatus extends Error {
  readonly status: number

  constructor(status: number, cause?: unknown) {
    super(`exit status ${status}`, { cause })
    this.name = 'ExitStatus'
    this.status = status
  }
}

/**
 * Ends `be` with the exit status of a command that `work` ran, or prints the text of what it would have run.
 * Errors of our own never look like the command's verdict: they end with 125, or 127.
 */
export async function handOn(work: () => Promise<number | string>): Promise<void> {
  const ended = await work().catch(error => {
    const missing = error instanceof BeError && error.code === 'BE_COMMAND_MISSING'
    throw new ExitStatus(missing ? NOT_FOUND : NOT_RUN, error)
  })
  if (typeof ended === 'string') out(ended)
  else if (ended !== EXIT.ok) throw new ExitStatus(ended)
}
