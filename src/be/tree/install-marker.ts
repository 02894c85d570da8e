import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isLeftover, removeFile, writeAtomic } from '../../host/files.ts'
import type { TreeReader } from './read.ts'

/** At the root of a tree that is not whole yet. It is there before anything else, and goes last. */
const MARKER = '.nbe-installing'

/** What is being installed, so that another run goes on with the same. */
export interface Installing {
  /** Equal for equal installations: `FreeBSD 11.1-RELEASE amd64: base kernel`. */
  what: string
  /** Parts that are unpacked whole. */
  done: string[]
}

/** What is being installed here, if anything. A marker that cannot be read is one all the same. */
export async function readInstalling(tree: TreeReader): Promise<Installing | undefined> {
  const bytes = await tree.head(MARKER, 64 * 1024)
  if (bytes === undefined) return undefined
  try {
    const { what, done } = JSON.parse(bytes.toString('utf8'))
    if (typeof what === 'string' && Array.isArray(done)) return { what, done: done.map(String) }
  } catch {
    // written by something else
  }
  return { what: 'something', done: [] }
}

/** On disk when it resolves. Throws the errors of writeAtomic. */
export const writeInstalling = (root: string, installing: Installing): Promise<void> =>
  writeAtomic(join(root, MARKER), `${JSON.stringify(installing)}\n`)

/** Takes the marker away, and first what a run that was killed while it wrote one has left beside it. */
export async function removeInstalling(root: string): Promise<void> {
  for (const name of await readdir(root)) if (isLeftover(MARKER, name)) await removeFile(join(root, name))
  await removeFile(join(root, MARKER))
}

/** Whether this is the marker, or one that was never finished. */
export const isMarker = (name: string): boolean => name === MARKER || isLeftover(MARKER, name)
