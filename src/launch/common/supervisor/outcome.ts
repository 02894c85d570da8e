import { BeError } from '../../../errors/errors.ts'
import type { Ended as ChildEnded } from '../../../host/child.ts'
import type { Ending, LaunchPlan } from '../launch.ts'

/** How the hypervisor ended. */
export interface Ended extends ChildEnded {
  /** It was killed because its machine had stopped for good: what it said about that. */
  broken?: string
}

/** Run states of QEMU (qapi/run-state.json) that a machine does not leave, although its process goes on. */
export const BROKEN: ReadonlySet<string> = new Set(['internal-error', 'guest-panicked'])

/** Characters of a quoted line. */
const LINE_MOST = 500

/** The last line that speaks of an error; after it KVM prints registers. */
export const errorLine = (text: string): string | undefined =>
  text
    .split('\n')
    .findLast(line => /error|fatal|panic/i.test(line))
    ?.trim()
    .slice(0, LINE_MOST)

/** How one boot ended. */
export interface Outcome {
  ending: Ending
  error?: unknown
}

/** What the end of a hypervisor means, by its exit status. `log` is the file that the error points to. */
export function outcomeOf(
  { main, exitStatuses = { 0: 'off' } }: LaunchPlan,
  { status, signal, lastLine, broken }: Ended,
  log: string,
): Outcome {
  if (broken !== undefined) {
    const message = `${main.argv[0]} stopped on an internal error${broken === '' ? '' : `: ${broken}`}`
    return { ending: 'failed', error: new BeError('BE_VM_FAILED', message, { hint: `see ${log}` }) }
  }
  const ending = status === undefined ? 'failed' : (exitStatuses[status] ?? 'failed')
  if (ending !== 'failed') return { ending }
  const how = signal === undefined ? `ended with status ${status}` : `was killed by ${signal}`
  const message = `${main.argv[0]} ${how}${lastLine === '' ? '' : `: ${lastLine}`}`
  return { ending, error: new BeError('BE_VM_FAILED', message, { hint: `see ${log}` }) }
}
