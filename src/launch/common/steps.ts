import { setTimeout as sleep } from 'node:timers/promises'
import { reason } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import { writeAtomic } from '../../host/files.ts'
import type { Platform } from '../../host/platform.ts'
import type { Run } from '../../host/run.ts'
import type { LaunchCommand, LaunchStep } from './launch.ts'

/** How long a step or its undo may take, in milliseconds. */
const STEP_MS = 60_000

/** An undo that fails is tried again after these: killed processes hold their files for a moment. */
const AGAIN_MS = [100, 300, 1000]

/** What runs the programs of steps. */
export interface StepContext {
  run: Run
  platform: Platform
}

/** A step of a launch as one of a change to the host. */
export function stepOf({ do: work, undo }: LaunchStep, { run, platform }: StepContext): Step {
  const command = async ({ argv }: LaunchCommand) => {
    await run(argv, { timeoutMs: STEP_MS, platform })
  }
  return {
    what: work.what,
    apply: () => ('argv' in work ? command(work) : writeAtomic(work.path, work.text, work.mode)),
    ...(undo && { undo: () => retry(() => command(undo)) }),
  }
}

/** Undoes all steps, last first; failures are told and hold nothing up. */
export async function undoAll(done: readonly Step[], warn: (line: string) => void): Promise<void> {
  for (const step of done.toReversed()) {
    try {
      await step.undo?.()
    } catch (error) {
      warn(`"${step.what}" could not be undone: ${reason(error)}`)
    }
  }
}

/** Tries a few times; throws the last error. */
export async function retry(work: () => Promise<void>): Promise<void> {
  for (const wait of AGAIN_MS) {
    try {
      return await work()
    } catch {
      await sleep(wait)
    }
  }
  return work()
}
