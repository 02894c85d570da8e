import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const make = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'nbe-test-')))
const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

/** A fresh directory for each test of the calling suite; removed afterwards. Call inside `describe`. */
export function temporaryDirectory(): { readonly path: string } {
  const state = { path: '' }
  beforeEach(() => {
    state.path = make()
  })
  afterEach(() => remove(state.path))
  return state
}

/** Gives `work` a fresh directory and removes it afterwards. */
export async function withTemporaryDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = make()
  try {
    return await work(dir)
  } finally {
    remove(dir)
  }
}
