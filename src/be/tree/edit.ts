import { dirname, join } from 'node:path'
import { fileError } from '../../host/files.ts'
import { accessOf, replaceFile } from './entry.ts'
import { TreeReader } from './read.ts'
import { atPath, findPlace } from './walk.ts'

/**
 * Replaces the text of a file in a tree by what `edit` returns for the present one (undefined: there is no file);
 * unchanged when `edit` returns undefined, or the directory is missing. Keeps mode and owner; a symbolic link is replaced
 * by a file. Never writes outside of the tree. Throws BE_TREE_TEXT, BE_FILE_….
 */
export async function editInside(
  tree: string,
  path: string,
  edit: (text: string | undefined) => string | undefined,
): Promise<void> {
  const before = await new TreeReader(tree).text(path)
  const after = edit(before)
  if (after === undefined || after === before || findPlace(tree, dirname(path))?.stat === undefined) return
  const old = findPlace(tree, path)?.stat
  const access = old === undefined ? { mode: 0o644 } : accessOf(old)
  try {
    atPath(tree, path, ({ name }) => replaceFile(name, after, access), { follow: 'parents' })
  } catch (error) {
    throw fileError(error, 'write', join(tree, path))
  }
}
