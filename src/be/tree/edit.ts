import { basename, dirname, join } from 'node:path'
import { errno } from '../../errors/errors.ts'
import { writeAtomic } from '../../host/files.ts'
import { TreeReader } from './read.ts'
import { findInside, resolveInside } from './resolve.ts'

/**
 * Replaces the text of a file in a tree by what `edit` returns for the present one (undefined: there is no file);
 * unchanged when `edit` returns undefined, or the directory is missing. Keeps the mode; a symbolic link is replaced by a
 * file. Never writes outside of the tree. Throws BE_TREE_TEXT, BE_FILE_….
 */
export async function editInside(
  tree: string,
  path: string,
  edit: (text: string | undefined) => string | undefined,
): Promise<void> {
  const before = await new TreeReader(tree).text(path)
  const after = edit(before)
  const directory = await resolveInside(tree, dirname(path))
  if (after === undefined || after === before || directory === undefined) return
  const mode = await findInside(tree, path).then(
    found => found && found.stat.mode & 0o7777,
    error => {
      if (errno(error) !== 'ENOENT') throw error
    },
  )
  await writeAtomic(join(directory, basename(path)), after, mode ?? 0o644)
}
