import type { ErrorCode } from '../../src/errors/codes/index.ts'
import { BeError } from '../../src/errors/errors.ts'

/** For assert.throws and assert.rejects: expects a BeError with this code whose line matches. */
export const beError =
  (code: ErrorCode, line = /./) =>
  (error: unknown): true => {
    if (!(error instanceof BeError)) throw error
    if (error.code !== code || !line.test(error.line)) {
      throw new Error(`got "${error.line}", expected ${code} ${line}`)
    }
    return true
  }
