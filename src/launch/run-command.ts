import { reason } from '../errors.ts'
import type { Platform } from '../host/platform.ts'
import type { Run } from '../host/run.ts'
import type { LaunchCommand } from './launch.ts'

/** Reading a kernel off a busy disk takes a while; more means that it hangs. */
const COMMAND_MS = 60_000

/** Runs a command of a plan to its end. Throws as host/run.ts does, unless the plan accepts the exit status. */
export async function runCommand(
  { argv, accept = [] }: LaunchCommand,
  { run, platform }: { run: Run; platform: Platform },
): Promise<void> {
  try {
    await run(argv, { timeoutMs: COMMAND_MS, platform })
  } catch (error) {
    const text = reason(error)
    if (!accept.some(status => new RegExp(` ended with status ${status}\\b`).test(text))) throw error
  }
}
