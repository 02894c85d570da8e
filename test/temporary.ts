import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A fresh directory for each test of the calling suite; removed afterwards. Call inside `describe`. */
export function temporaryDirectory(): { readonly path: string } {
  const state = { path: '' }
  beforeEach(() => {
    state.path = realpathSync(mkdtempSync(join(tmpdir(), 'nbe-test-')))
  })
  afterEach(() => rmSync(state.path, { recursive: true, force: true }))
  return state
}

/** For assert.throws and assert.rejects: a BeError of this code whose line matches. */
export const beError =
  (code: string, line = /./) =>
  (error: unknown): boolean => {
    const { code: found, line: text } = error as { code?: string; line?: string }
    if (found !== code || !line.test(text ?? '')) throw error
    return true
  }
