import { readdirSync } from 'node:fs'
import { isLeftover } from '../../host/files.ts'
import { changeAt } from './changed.ts'
import { removeName, replaceFile, syncDirectory } from './entry.ts'
import type { TreeReader } from './read.ts'

/** At the root of a tree that is being installed: written before everything else, removed last. */
const MARKER = '.nbe-installing'

/** The installation that the marker names, so that another run can resume it. */
export interface Installing {
  /** `what` of the job; equal for equal installations: `FreeBSD 11.1-RELEASE amd64: base kernel`. */
  what: string
  /** Names of the parts that are completely installed. */
  done: string[]
}

/** The installation under way in this tree, if any. A marker that cannot be parsed counts too. */
export async function readInstalling(tree: TreeReader): Promise<Installing | undefined> {
  const bytes = await tree.head(MARKER, 64 * 1024)
  if (bytes === undefined) return undefined
  try {
    const { what, done } = JSON.parse(bytes.toString('utf8'))
    if (typeof what === 'string' && Array.isArray(done)) return { what, done: done.map(String) }
  } catch {
    // not valid JSON
  }
  return { what: 'something', done: [] }
}

/** Writes the marker; it is on disk when this returns. Throws BE_FILE_…. */
export const writeInstalling = (root: string, installing: Installing): void =>
  changeAt(root, MARKER, ({ name }) => replaceFile(name, `${JSON.stringify(installing)}\n`, { mode: 0o644 }))

/** Removes the marker, and before it the temporary files of killed runs. Throws BE_FILE_…. */
export const removeInstalling = (root: string): void =>
  changeAt(root, MARKER, () => {
    for (const name of readdirSync('.')) if (isLeftover(MARKER, name)) removeName(name)
    removeName(MARKER)
    syncDirectory()
  })

/** Whether this name is the marker's, or that of a temporary file of it. */
export const isMarker = (name: string): boolean => name === MARKER || isLeftover(MARKER, name)
