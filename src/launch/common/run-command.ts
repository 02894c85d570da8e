import type { Platform } from '../../host/platform.ts'
import type { Run } from '../../host/run.ts'
import type { LaunchCommand } from './launch.ts'

/** Reading a kernel off a busy disk takes a while; more means that it hangs. */
const COMMAND_MS = 60_000

/** Runs a command of a plan to its end. Throws as host/run.ts does. */
export async function runCommand(
  { argv }: LaunchCommand,
  { run, platform }: { run: Run; platform: Platform },
): Promise<void> {
  await run(argv, { timeoutMs: COMMAND_MS, platform })
}
