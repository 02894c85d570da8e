import { constants } from 'node:os'
import { execa } from 'execa'
import { BeError } from '../../../errors/errors.ts'
import type { Step } from '../../../host/change.ts'
import { signalTree } from '../../../host/process-tree.ts'
import { programMissing } from '../../../host/run.ts'
import type { LaunchCommand, LaunchPlan } from '../launch.ts'
import { type StepContext, stepOf, undoAll } from '../steps.ts'

/** How long a command may take that was told to end, in milliseconds. */
const GRACE_MS = 10_000

/** What timeout(1) answers for a command that it ended. */
export const TIMED_OUT = 124

export interface ForegroundRun extends StepContext {
  /** Done before all else and undone after it: the tree is mounted. */
  around: readonly Step[]
  /** Asked when these are done. */
  plan(): Promise<LaunchPlan>
  /** Whether what was made stays, by the status of `main`; nothing stays when it did not come to that. */
  keep?(status: number): boolean
  /** The command is ended after this time, and the status is TIMED_OUT. */
  timeoutMs?: number
  /** Told of what could not be taken back. */
  warn(line: string): void
}

/**
 * Runs a plan's command with our own terminal handed through. Whatever happens (a step fails, the command is
 * killed, SIGINT, SIGTERM, SIGHUP or SIGQUIT comes) all that was done is undone, last first. Answers the exit
 * status of `main`: 128 and the signal's number where one ended it, or came before it began. Throws what
 * `plan` and the steps throw, BE_PROGRAM_MISSING, BE_PROGRAM_FAILED.
 */
export async function runForeground(work: ForegroundRun): Promise<number> {
  const signals = new TerminationSignals()
  const done: Step[] = []
  const apply = async (step: Step) => {
    if (signals.first !== undefined) return
    await step.apply?.()
    done.push(step)
  }
  let kept = false
  try {
    for (const step of work.around) await apply(step)
    const plan = await work.plan()
    for (const step of plan.before) await apply(stepOf(step, work))
    if (signals.first !== undefined) return statusOf(signals.first)
    const status = await runMain(plan.main, signals, work)
    kept = work.keep?.(status) ?? false
    return status
  } finally {
    if (!kept) await undoAll(done, work.warn)
    signals.close()
  }
}

/** Our own signals, from the first step to the last undo: none of them may end us in between. */
export class TerminationSignals {
  static readonly #names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
  first: NodeJS.Signals | undefined
  #pass: (signal: NodeJS.Signals) => void = () => {}
  readonly #take = (signal: NodeJS.Signals) => {
    this.first ??= signal
    this.#pass(signal)
  }

  constructor() {
    for (const name of TerminationSignals.#names) process.on(name, this.#take)
  }

  /** From here on they go to this process too. A terminal has sent it its own SIGINT and SIGQUIT. */
  passTo(pid: number): void {
    const fromTerminal = process.stdin.isTTY === true
    this.#pass = signal => {
      if (!fromTerminal || (signal !== 'SIGINT' && signal !== 'SIGQUIT')) signalTree(pid, signal)
    }
  }

  /** What a shell answers for a command that the first of them ended; undefined: none has come. */
  get status(): number | undefined {
    return this.first && statusOf(this.first)
  }

  close(): void {
    for (const name of TerminationSignals.#names) process.off(name, this.#take)
  }
}

async function runMain(
  { argv }: LaunchCommand,
  signals: TerminationSignals,
  work: ForegroundRun,
): Promise<number> {
  const [program, ...args] = argv as [string, ...string[]]
  const child = execa(program, args, { stdio: 'inherit', reject: false, cleanup: false })
  const { pid } = child
  if (pid !== undefined) signals.passTo(pid)
  const limit = pid === undefined ? undefined : limited(pid, work.timeoutMs)
  const result = await child
  if (limit?.ended()) return TIMED_OUT
  if (result.signal !== undefined) return statusOf(result.signal as NodeJS.Signals)
  if (result.exitCode !== undefined) return result.exitCode
  if (result.code === 'ENOENT') throw programMissing(program, work.platform)
  throw new BeError(
    'BE_PROGRAM_FAILED',
    `cannot start ${program}: ${result.originalMessage ?? result.code}`,
    {
      exit: 'unavailable',
    },
  )
}

/** Ends a process and all below it when its time is over; `ended` stops the clock and tells whether it was. */
function limited(pid: number, timeoutMs: number | undefined): { ended(): boolean } {
  if (timeoutMs === undefined) return { ended: () => false }
  let over = false
  const end = setTimeout(() => {
    over = true
    signalTree(pid, 'SIGTERM')
  }, timeoutMs)
  const kill = setTimeout(() => signalTree(pid, 'SIGKILL'), timeoutMs + GRACE_MS)
  const ended = () => {
    clearTimeout(end)
    clearTimeout(kill)
    return over
  }
  return { ended }
}

/** What a shell answers for a command that a signal ended. */
const statusOf = (signal: NodeJS.Signals): number => 128 + (constants.signals[signal] ?? 0)
