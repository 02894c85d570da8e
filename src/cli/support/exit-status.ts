import { EXIT } from '../../errors/sysexits.ts'
import { out } from './print.ts'

/**
 * Exit status when the command could not be run, as of env(1) and timeout(1): `git bisect run` takes 125 for "cannot be
 * tested", and all others from 1 to 127, which includes those of sysexits(3), for a bad revision.
 */
export const NOT_RUN = 125

/** Thrown to end `be` with an exit status; its `cause`, if any, is printed as an error. */
export class ExitStatus extends Error {
  readonly status: number

  constructor(status: number, cause?: unknown) {
    super(`exit status ${status}`, { cause })
    this.name = 'ExitStatus'
    this.status = status
  }
}

/**
 * Ends `be` with the exit status of the command that `work` ran, or prints the text of what it would have run (-n). Errors
 * of `be` itself end with NOT_RUN, so that they are not taken for the status of the command.
 */
export async function exitAs(work: () => Promise<number | string>): Promise<void> {
  const ended = await work().catch(error => {
    throw new ExitStatus(NOT_RUN, error)
  })
  if (typeof ended === 'string') out(ended)
  else if (ended !== EXIT.ok) throw new ExitStatus(ended)
}
