import { visible } from './visible.ts'

/** Exit statuses of `be`: 0, 1 and those of sysexits(3) that mean something here. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 64,
  data: 65,
  unavailable: 69,
  internal: 70,
  tryAgain: 75,
  permission: 77,
  config: 78,
} as const

export type ExitName = keyof typeof EXIT

/**
 * An error that a person can act on. `message` says what and where, `expected` what would have been
 * right, `hint` what to do. `code` is stable (`BE_EXPORT_NOT_MOUNTED`): scripts and tests match it.
 */
export class BeError extends Error {
  readonly code: string
  readonly exit: ExitName
  readonly expected: string | undefined
  readonly hint: string | undefined

  constructor(
    code: `BE_${string}`,
    message: string,
    more: { expected?: string; hint?: string; exit?: ExitName; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'BeError'
    this.code = code
    this.exit = more.exit ?? 'failed'
    this.expected = more.expected
    this.hint = more.hint
  }

  /** The one line that a user sees, without the leading `be: `. */
  get line(): string {
    let text = oneLine(this.message)
    if (this.expected !== undefined) text += `: expected ${oneLine(this.expected)}`
    if (this.hint !== undefined) text += `; ${oneLine(this.hint)}`
    return `${text} [${this.code}]`
  }
}

/** Room for a path (PATH_MAX is 1024 on FreeBSD) and a program's words on it. */
const LONGEST = 2000

/** What others wrote (a value, a program's last words) may be of many lines, of any length, and obeyed by a terminal. */
export function oneLine(text: string): string {
  const line = visible(text.trim().replace(/\s*[\r\n\t]\s*/g, ' '))
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}

/** The text of anything thrown, for a log line: never a stack trace. */
export function reason(error: unknown): string {
  if (error instanceof BeError) return error.line
  return oneLine(error instanceof Error ? error.message : String(error))
}

/** The `code` of a Node system error (`ENOENT`), or undefined. */
export function errno(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}
