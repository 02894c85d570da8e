import { basename, dirname, join } from 'node:path'
import { errno } from '../../errors/errors.ts'
import { writeAtomic } from '../../host/files.ts'
import { TreeReader } from './read.ts'
import { findInside, resolveInside } from './resolve.ts'

/**
 * Gives a file of a tree the text that `edit` makes of its present one; undefined leaves it as it is. No link of
 * the tree leads out of it; a file that is a link is replaced. Does nothing where the directory is missing.
 * Throws BE_TREE_TEXT, and those of files.ts.
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
