import { EXIT } from '../../errors/sysexits.ts'
import { out } from './print.ts'

/**
 * The command could not be run, whatever the reason: the status of env(1) and timeout(1), which `git bisect run` takes
 * for "cannot be tested". None of sysexits(3) would do: there 1 to 127 are results of the test.
 */
export const NOT_RUN = 125

/** Whether `be` ends with the exit status of the command that this verb runs. */
export const endsAsCommand = (verb: string | undefined): boolean =>
  ['jail', 'chroot', 'boot'].includes(verb ?? '')

/** Thrown to end `be` with an exit status; a `cause` has still to be reported. */
export class ExitStatus extends Error {
  readonly status: number

  constructor(status: number, cause?: unknown) {
    super(`exit status ${status}`, { cause })
    this.name = 'ExitStatus'
    this.status = status
  }
}

/**
 * Ends `be` with the exit status of a command that `work` ran, or prints the text of what it would have run. Errors of
 * our own end with 125, so that they cannot be taken for a result of the command.
 */
export async function exitAs(work: () => Promise<number | string>): Promise<void> {
  const ended = await work().catch(error => {
    throw new ExitStatus(NOT_RUN, error)
  })
  if (typeof ended === 'string') out(ended)
  else if (ended !== EXIT.ok) throw new ExitStatus(ended)
}
