import { BeError, reason } from '../errors/errors.ts'
import { textDiff } from './diff.ts'
import type { Host } from './host.ts'
import { localHost } from './local.ts'

/**
 * One step of a change to the host. Only steps that were applied are undone: an `apply` that throws must have changed
 * nothing.
 */
export interface Step {
  /** One line in the imperative: `write /etc/exports.d/head.exports`. */
  what: string
  /** The difference that it makes to a file, as diff(1) shows it. */
  diff?: string
  /** Absent: the step only has an undo (a reload after files were restored). */
  apply?: () => Promise<void>
  undo?: () => Promise<void>
}

export interface ChangeOptions {
  /** Only say what would be done (`-n`). */
  dryRun?: boolean
  /** Called with the line of each step, and in a dry run with its difference. */
  say?: (line: string) => void
}

/**
 * Applies the steps in order. When one fails, those before it are undone, last first, and its error is thrown. An
 * undo that fails is added to the text of that error, and the others are still undone.
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

/** Undoes steps, last first; an undo that fails does not keep the others from being undone. Resolves with a line for each failure. */
export async function undoAll(applied: readonly Step[]): Promise<string[]> {
  const failures: string[] = []
  for (const step of applied.toReversed()) {
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
    first?.code ?? 'BE_CHANGE_FAILED',
    [first?.message ?? reason(error), ...failures].join('; '),
    { expected: first?.expected, hint: first?.hint, exit: first?.exit, cause: error },
  )
}

/** A list for the line of a step: three items or fewer, or else the first two and how many more there are. */
export const summarizeList = (items: readonly string[]): string =>
  items.length <= 3 ? items.join(', ') : `${items.slice(0, 2).join(', ')} and ${items.length - 2} more`

/** The part of a host that steps on files need. */
type Files = Pick<Host, 'name' | 'local' | 'readIfThere' | 'writeAtomic' | 'removeFile'>

/** The step that writes this text to a file; undefined when it has it already. The undo restores the file. */
export async function writeStep(
  path: string,
  text: string,
  mode = 0o644,
  host: Files = localHost(),
): Promise<Step | undefined> {
  const before = await host.readIfThere(path)
  if (before === text) return undefined
  return {
    what: `write ${whereOn(host, path)}`,
    diff: textDiff(path, before, text),
    apply: () => host.writeAtomic(path, text, mode),
    undo: () => restore(host, path, before, mode),
  }
}

/** The step that removes a file; undefined when there is none. The undo restores it. */
export async function removeStep(
  path: string,
  mode = 0o644,
  host: Files = localHost(),
): Promise<Step | undefined> {
  const before = await host.readIfThere(path)
  if (before === undefined) return undefined
  return {
    what: `remove ${whereOn(host, path)}`,
    diff: textDiff(path, before, undefined),
    apply: () => host.removeFile(path),
    undo: () => restore(host, path, before, mode),
  }
}

/** The step that makes a directory; undefined when it exists. The undo leaves it. */
export async function directoryStep(
  path: string,
  host: Files & Pick<Host, 'realPath' | 'makeDirectory'> = localHost(),
): Promise<Step | undefined> {
  if ((await host.realPath(path)) !== undefined) return undefined
  return { what: `make directory ${whereOn(host, path)}`, apply: () => host.makeDirectory(path, 0o755) }
}

const restore = (host: Files, path: string, before: string | undefined, mode: number): Promise<void> =>
  before === undefined ? host.removeFile(path) : host.writeAtomic(path, before, mode)

/** A path for a message, with the name of the host when it is not this one. */
const whereOn = ({ name, local }: Pick<Host, 'name' | 'local'>, path: string): string =>
  local ? path : `${name}:${path}`
