import { CODES, type ErrorCode } from './codes/index.ts'
import { oneLine } from './one-line.ts'
import type { ExitName } from './sysexits.ts'

/**
 * An error that a user can act on. `message` says what and where, `expected` what would have been right, `hint`
 * what to do. The exit status is that of the code in the table, unless `exit` names another.
 */
export class BeError extends Error {
  readonly code: ErrorCode
  readonly exit: ExitName
  readonly expected: string | undefined
  readonly hint: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    more: { expected?: string; hint?: string; exit?: ExitName; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'BeError'
    this.code = code
    this.exit = more.exit ?? CODES[code].exit
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

/** Anything thrown as one line of a log, without a stack trace. */
export function reason(error: unknown): string {
  if (error instanceof BeError) return error.line
  return oneLine(error instanceof Error ? error.message : String(error))
}

/** The `code` of a Node system error (`ENOENT`), or undefined. */
export function errno(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}
