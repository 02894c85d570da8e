import { BeError } from './errors.ts'

/** Errors that were found together; code and exit status are those of the first. */
export class SeveralErrors extends BeError {
  readonly all: readonly BeError[]

  constructor(all: readonly [BeError, ...BeError[]]) {
    const [{ code, message, expected, hint, exit }] = all
    super(code, message, { expected, hint, exit })
    this.all = all
  }
}

/** The single errors of a BeError, in order. */
export const errorsOf = (error: BeError): readonly BeError[] =>
  error instanceof SeveralErrors ? error.all : [error]

/** Throws what was found: nothing, one error, or several together. */
export function throwFound(found: readonly BeError[]): void {
  const [first, ...others] = found
  if (first !== undefined) throw others.length === 0 ? first : new SeveralErrors([first, ...others])
}

/** Runs all checks, whichever of them fail, and then throws the BeErrors of those that did. Any other error is thrown at once. */
export async function checkAll(checks: readonly (() => unknown)[]): Promise<void> {
  const found: BeError[] = []
  for (const check of checks) {
    try {
      await check()
    } catch (error) {
      if (!(error instanceof BeError)) throw error
      found.push(...errorsOf(error))
    }
  }
  throwFound(found)
}
