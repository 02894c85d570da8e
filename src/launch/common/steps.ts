import type { Step } from '../../host/change.ts'
import { writeAtomic } from '../../host/files.ts'
import type { Platform } from '../../host/platform.ts'
import type { Run } from '../../host/run.ts'
import { nodeClock } from '../../net/node.ts'
import { type RetryOptions, retry } from '../../net/retry.ts'
import type { LaunchCommand, LaunchStep, VmBridge } from './launch.ts'

/** Limit (ms) for one command. bhyveload(8) that reads a kernel from a busy disk takes seconds. */
const COMMAND_MS = 60_000

/** Files and mounts of killed processes stay busy for a moment. */
const UNDO_RETRY: RetryOptions = { clock: nodeClock, delaysMs: [100, 300, 1000] }

/** What runs the programs of steps. */
export interface StepContext {
  run: Run
  platform: Platform
}

/** Runs a command of a plan to its end. Throws as host/run.ts does. */
export async function runCommand({ argv }: LaunchCommand, { run, platform }: StepContext): Promise<void> {
  await run(argv, { timeoutMs: COMMAND_MS, platform })
}

/** Takes a step. Throws as runCommand and writeAtomic do. */
export const applyStep = ({ do: work }: LaunchStep, context: StepContext): Promise<void> =>
  'argv' in work ? runCommand(work, context) : writeAtomic(work.path, work.text, work.mode)

/** The undo of a step. */
export interface UndoCommand extends LaunchCommand {
  /** It destroys this bridge: run only when no other machine uses it. */
  bridge?: VmBridge
}

/** The undo of a step; of a file that is written without one, its removal. */
export function undoOf({ do: work, undo, bridge }: LaunchStep): UndoCommand | undefined {
  if (undo !== undefined) return { ...undo, ...(bridge !== undefined && { bridge }) }
  return 'path' in work ? { what: `remove ${work.path}`, argv: ['rm', '-f', work.path] } : undefined
}

/** A launch's step as a step of host/change.ts. Its undo is retried. */
export function stepOf(step: LaunchStep, context: StepContext): Step {
  const undo = undoOf(step)
  return {
    what: step.do.what,
    apply: () => applyStep(step, context),
    ...(undo && { undo: () => retryUndo(() => runCommand(undo, context)) }),
  }
}

/** Does the work of an undo, retried. */
export const retryUndo = (work: () => Promise<void>): Promise<void> => retry(UNDO_RETRY, work)
