import { type BigIntStats, type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BeError, errno } from '../../errors/errors.ts'
import { fileError } from '../../host/files.ts'
import { atPath, inDirectory, type Place } from './walk.ts'

/** System errors which say that something is missing, in the way, or a link now. */
const CHANGED = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ESTALE', 'EEXIST']

/**
 * Makes a change, planned before, to what is at `path`: relative to the root, without links when it was looked at.
 * `work` is called as by atPath(). Throws BE_TREE_CHANGED when there is a link on the way now, or something is missing
 * or in the way; and BE_FILE_….
 */
export const changeAt = <T>(root: string, path: string, work: (place: Place) => T): T =>
  unlessChanged(root, path, 'write', () => atPath(root, path, work, { follow: 'none' }))

/** What is in the directory `path`, without links on the way to it. Throws BE_TREE_CHANGED, BE_FILE_…. */
export const entriesOf = (root: string, path: string): Dirent[] =>
  unlessChanged(root, path, 'read', () =>
    inDirectory(root, path, () => readdirSync('.', { withFileTypes: true }), { follow: 'none' }),
  )

function unlessChanged<T>(root: string, path: string, verb: 'read' | 'write', work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof BeError) throw error
    throw CHANGED.includes(errno(error) ?? '')
      ? treeChanged(root, path)
      : fileError(error, verb, join(root, path))
  }
}

export const treeChanged = (root: string, path: string): BeError =>
  new BeError('BE_TREE_CHANGED', `${join(root, path)} was changed by somebody else meanwhile`, {
    expected: 'what was there when the change was planned',
    hint: 'stop what runs this tree, then try again',
  })

/** Whether it is still the same file or directory. */
export const isSame = (a: BigIntStats | undefined, b: BigIntStats | undefined): boolean =>
  a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino
