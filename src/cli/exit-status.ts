import { EXIT } from '../errors/sysexits.ts'
import { out } from './session.ts'

/**
 * `be` could not run the command, whatever the reason: as env(1) and timeout(1) say it, and what `git bisect
 * run` takes for "cannot be tested". No other status of ours is safe there: 1 to 127 are verdicts.
 */
export const NOT_RUN = 125

/** Whether this verb ends with the status of a command, so that none of ours may be taken for it. */
export const handsOn = (verb: string | undefined): boolean => ['jail', 'chroot', 'boot'].includes(verb ?? '')

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
 * Errors of our own never look like the command's verdict: they end with 125.
 */
export async function handOn(work: () => Promise<number | string>): Promise<void> {
  const ended = await work().catch(error => {
    throw new ExitStatus(NOT_RUN, error)
  })
  if (typeof ended === 'string') out(ended)
  else if (ended !== EXIT.ok) throw new ExitStatus(ended)
}
