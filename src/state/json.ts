import { BeError } from '../errors/errors.ts'

/**
 * The value of a column that holds JSON, for what the program cannot do without. `what` names it for a person: `clients of
 * share r14.1`. Throws BE_STATE_CORRUPT.
 */
export function readJson<T>(text: unknown, what: string): T {
  try {
    return JSON.parse(String(text)) as T
  } catch (error) {
    throw new BeError('BE_STATE_CORRUPT', `the ${what} cannot be read in the state`, {
      expected: 'JSON',
      hint: 'take it out of nbe.db in state.dir with sqlite3(1), or put a backup there',
      cause: error,
    })
  }
}
