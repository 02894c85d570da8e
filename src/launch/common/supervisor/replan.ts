import { reason } from '../../../errors/errors.ts'
import type { Run } from '../../../host/run.ts'
import type { LaunchPlan } from '../launch.ts'
import type { VmJob } from '../vm/state.ts'

/** Limit (ms): mountd of the NFS server may be slow to answer. */
const REPLAN_MS = 60_000

/**
 * The plan for a boot after the first. The plan of the start holds a file handle, which is stale when the boot
 * environment was made anew since. If planning fails that is reported, and the plan of the start is used.
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
