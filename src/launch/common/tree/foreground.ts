import { BeError } from '../../../errors/errors.ts'
import { type Step, undoAll } from '../../../host/change.ts'
import type { Platform } from '../../../host/platform.ts'
import { signalTree } from '../../../host/process-tree.ts'
import { programMissing } from '../../../host/run.ts'
import { signalStatus, TerminationSignals } from '../../../host/signals.ts'
import type { LaunchCommand, LaunchPlan, LaunchStep } from '../launch.ts'

/** From SIGTERM to SIGKILL for a command whose time is over, in ms. */
const GRACE_MS = 10_000

/** The exit status of a command that ran into its time limit, as timeout(1) has it. */
export const TIMED_OUT = 124

export interface ForegroundRun {
  platform: Platform
  /** Applied before all else and undone after all else: mounts the tree. */
  outerSteps: readonly Step[]
  /** Called when these are applied. */
  plan(): Promise<LaunchPlan>
  /** The steps of the plan. */
  stepOf(step: LaunchStep): Step
  /** Called when the command runs. */
  started(pid: number): Promise<void>
  /** Whether the steps are left as they are, by the exit status of `main`. Not called if `main` did not start. */
  keep?(status: number): boolean
  /** Time limit of the command; beyond it the exit status is TIMED_OUT. */
  timeoutMs?: number
  /** Takes a line for each step that could not be undone. */
  warn(line: string): void
}

/**
 * Runs a plan's command with stdin, stdout and stderr of this process. Whatever happens (a step fails, the command
 * is killed, SIGINT, SIGTERM, SIGHUP or SIGQUIT comes) the steps that were applied are undone, last first. Answers
 * the exit status of `main`; 128 and the signal's number if a signal ended it, or came before it started. Throws
 * what `plan` and the steps throw, BE_PROGRAM_MISSING, BE_PROGRAM_FAILED.
 */
export async function runForeground(options: ForegroundRun): Promise<number> {
  const signals = new TerminationSignals()
  const applied: Step[] = []
  const apply = async (step: Step) => {
    if (signals.first !== undefined) return
    await step.apply?.()
    applied.push(step)
  }
  let kept = false
  try {
    for (const step of options.outerSteps) await apply(step)
    const plan = await options.plan()
    for (const step of plan.before) await apply(options.stepOf(step))
    if (signals.first !== undefined) return signalStatus(signals.first)
    const status = await runMain(plan.main, signals, options)
    kept = options.keep?.(status) ?? false
    return status
  } finally {
    if (!kept) for (const failure of await undoAll(applied)) options.warn(failure)
    signals.close()
  }
}

async function runMain(
  { argv }: LaunchCommand,
  signals: TerminationSignals,
  { timeoutMs, platform, started }: ForegroundRun,
): Promise<number> {
  const [program, ...args] = argv as [string, ...string[]]
  const { execa } = await import('execa')
  const child = execa(program, args, { stdio: 'inherit', reject: false, cleanup: false })
  const { pid } = child
  if (pid !== undefined) signals.forwardTo(pid)
  const limit = pid === undefined || timeoutMs === undefined ? undefined : timeLimit(pid, timeoutMs)
  if (pid !== undefined) await started(pid)
  const result = await child
  if (limit?.stop()) return TIMED_OUT
  if (result.signal !== undefined) return signalStatus(result.signal as NodeJS.Signals)
  if (result.exitCode !== undefined) return result.exitCode
  if (result.code === 'ENOENT') throw programMissing(program, platform)
  throw new BeError(
    'BE_PROGRAM_FAILED',
    `cannot start ${program}: ${result.originalMessage ?? result.code}`,
    {
      exit: 'unavailable',
    },
  )
}

/** Ends a process and its descendants after a time. `stop` cancels that; true: it had been ended. */
function timeLimit(pid: number, timeoutMs: number): { stop(): boolean } {
  let expired = false
  const end = setTimeout(() => {
    expired = true
    signalTree(pid, 'SIGTERM')
  }, timeoutMs)
  const kill = setTimeout(() => signalTree(pid, 'SIGKILL'), timeoutMs + GRACE_MS)
  const stop = () => {
    clearTimeout(end)
    clearTimeout(kill)
    return expired
  }
  return { stop }
}
