import { BeError } from '../../../errors/errors.ts'
import type { Ended } from '../../../host/child.ts'
import type { Ending, LaunchPlan } from '../launch.ts'

/** How one boot ended. */
export interface Outcome {
  ending: Ending
  error?: unknown
}

/** What the end of a hypervisor means, by its exit status. `log` is the file that the error points to. */
export function outcomeOf(
  { main, exitStatuses = { 0: 'off' } }: LaunchPlan,
  { status, signal, lastLine }: Ended,
  log: string,
): Outcome {
  const ending = status === undefined ? 'failed' : (exitStatuses[status] ?? 'failed')
  if (ending !== 'failed') return { ending }
  const how = signal === undefined ? `ended with status ${status}` : `was killed by ${signal}`
  const message = `${main.argv[0]} ${how}${lastLine === '' ? '' : `: ${lastLine}`}`
  return { ending, error: new BeError('BE_VM_FAILED', message, { hint: `see ${log}` }) }
}
