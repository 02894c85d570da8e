import { BeError, reason } from '../errors/errors.ts'
import { textDiff } from './diff.ts'
import type { Host } from './host.ts'
import { localHost } from './local.ts'

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

/** For a step's line: the first of them, and how many there are more. */
export const summarizeList = (items: readonly string[]): string =>
  items.length <= 3 ? items.join(', ') : `${items.slice(0, 2).join(', ')} and ${items.length - 2} more`

/** Where the files of a change lie; this host, unless said otherwise. */
type Files = Pick<Host, 'name' | 'local' | 'readIfThere' | 'writeAtomic' | 'removeFile'>

/** The step that gives a file this text; undefined when it has it. Undo restores what was there. */
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

/** The step that removes a file; undefined when there is none. Undo restores it. */
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

/** The step that makes a directory; undefined when it is there. It stays when the change is undone. */
export async function directoryStep(
  path: string,
  host: Files & Pick<Host, 'realPath' | 'makeDirectory'> = localHost(),
): Promise<Step | undefined> {
  if ((await host.realPath(path)) !== undefined) return undefined
  return { what: `make directory ${whereOn(host, path)}`, apply: () => host.makeDirectory(path, 0o755) }
}

const restore = (host: Files, path: string, before: string | undefined, mode: number): Promise<void> =>
  before === undefined ? host.removeFile(path) : host.writeAtomic(path, before, mode)

/** A path for a person, with the host's name when it is not this one. */
const whereOn = ({ name, local }: Pick<Host, 'name' | 'local'>, path: string): string =>
  local ? path : `${name}:${path}`
