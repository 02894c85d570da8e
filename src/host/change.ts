import { BeError, reason } from '../errors.ts'
import { textDiff } from './diff.ts'
import { readIfThere, removeFile, writeAtomic } from './files.ts'

/**
 * One step of a change to the host. A step whose `apply` throws has to leave nothing behind that its `undo`
 * would be needed for: only steps that were applied are undone.
 */
export interface Step {
  /** One line in the imperative: `write /etc/exports.d/head.exports`. */
  what: string
  /** Difference of text, for a person. */
  diff?: string
  /** Absent: the step matters only on the way back (a reload after files were restored). */
  apply?: () => Promise<void>
  undo?: () => Promise<void>
}

export interface ChangeOptions {
  /** Say what would be done, and stop (`-n`). */
  dryRun?: boolean
  /** Told each step's line, and its difference when dry. */
  say?: (line: string) => void
}

/**
 * Applies the steps in order. When one fails, those before it are undone, last first, and its error is
 * thrown; should an undo fail too, the error tells that as well and the others are undone all the same.
 */
export async function change(steps: Step[], options: ChangeOptions = {}): Promise<void> {
  const applied: Step[] = []
  for (const step of steps) {
    announce(step, options)
    if (options.dryRun) continue
    try {
      await step.apply?.()
    } catch (error) {
      throw withUndoFailures(error, await undoAll(applied))
    }
    applied.push(step)
  }
}

function announce(step: Step, { dryRun, say }: ChangeOptions): void {
  if (say === undefined || step.apply === undefined) return
  say(step.what)
  if (dryRun && step.diff) say(step.diff)
}

async function undoAll(applied: Step[]): Promise<string[]> {
  const failures: string[] = []
  for (const step of applied.reverse()) {
    try {
      await step.undo?.()
    } catch (error) {
      failures.push(`"${step.what}" could not be undone: ${reason(error)}`)
    }
  }
  return failures
}

function withUndoFailures(error: unknown, failures: string[]): unknown {
  if (failures.length === 0) return error
  const first = error instanceof BeError ? error : undefined
  return new BeError(
    (first?.code ?? 'BE_CHANGE_FAILED') as `BE_${string}`,
    [first?.message ?? reason(error), ...failures].join('; '),
    { expected: first?.expected, hint: first?.hint, exit: first?.exit, cause: error },
  )
}

/** The step that gives a file this text; undefined when it has it. Undo restores what was there. */
export async function writeStep(path: string, text: string, mode = 0o644): Promise<Step | undefined> {
  const before = await readIfThere(path)
  if (before === text) return undefined
  return {
    what: `write ${path}`,
    diff: textDiff(path, before, text),
    apply: () => writeAtomic(path, text, mode),
    undo: () => restore(path, before, mode),
  }
}

/** The step that removes a file; undefined when there is none. Undo restores it. */
export async function removeStep(path: string, mode = 0o644): Promise<Step | undefined> {
  const before = await readIfThere(path)
  if (before === undefined) return undefined
  return {
    what: `remove ${path}`,
    diff: textDiff(path, before, undefined),
    apply: () => removeFile(path),
    undo: () => restore(path, before, mode),
  }
}

const restore = (path: string, before: string | undefined, mode: number): Promise<void> =>
  before === undefined ? removeFile(path) : writeAtomic(path, before, mode)
