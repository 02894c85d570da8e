import { reason } from '../../../errors/errors.ts'
import type { Run } from '../../../host/run.ts'
import type { LaunchPlan } from '../launch.ts'
import type { VmJob } from '../vm/state.ts'

/** A host that answers no MNT is waited for. */
const REPLAN_MS = 60_000

/**
 * The plan for a boot after the first: that of the start holds a file handle, and the boot environment may have
 * been made anew since. Where it cannot be planned again that is said, and the plan is what it was.
 */
export async function replan(
  { plan, replan }: VmJob,
  { run, say }: { run: Run; say: (line: string) => void },
): Promise<LaunchPlan> {
  if (replan === undefined) return plan
  try {
    const { stdout } = await run(replan.argv, { input: replan.input, timeoutMs: REPLAN_MS })
    return JSON.parse(stdout) as LaunchPlan
  } catch (error) {
    say(`it boots by the plan of its start: ${reason(error)}`)
    return plan
  }
}
