import { rename } from 'node:fs/promises'
import { BeError, reason } from '../../errors/errors.ts'
import { DESTROYING_PREFIX } from '../name.ts'
import { mountPointError } from '../store-errors.ts'
import { mountPointIn } from '../tree/mount-points.ts'
import { removeTree } from '../tree/program.ts'
import { makeHidden } from './staging.ts'

/** Throws BE_MOUNTED_BELOW if a file system is mounted in the directory or on it. */
export async function checkDestroyable(name: string, path: string): Promise<void> {
  const mounted = await mountPointIn(path)
  if (mounted !== undefined) throw mountPointError(mounted, `destroying ${name} would reach into it`)
}

/** Renames a boot environment to a hidden name, and returns its new path. */
export async function hide(root: string, path: string): Promise<string> {
  const hidden = await makeHidden(root, DESTROYING_PREFIX)
  await rename(path, hidden)
  return hidden
}

/** Removes a hidden boot environment. Throws BE_DESTROY_INCOMPLETE. */
export async function removeHidden(name: string, hidden: string): Promise<void> {
  await removeTree(hidden).catch(error => {
    throw new BeError('BE_DESTROY_INCOMPLETE', `${name} is gone, but not its files: ${reason(error)}`, {
      hint: `remove them: rm -rf ${hidden} (FreeBSD: chflags -R noschg ${hidden} first)`,
      cause: error,
    })
  })
}
