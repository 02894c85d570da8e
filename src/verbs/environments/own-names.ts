import { dirname, join } from 'node:path'
import { retarget } from '../../be/adapt/retarget.ts'
import type { Lab } from '../../lab/lab.ts'

type OwnNamesLab = Pick<Lab, 'settings' | 'store'>

/** The names of a boot environment in its own files: its path, which is beside that of `sibling`, and its data set. */
function ownNames({ settings }: OwnNamesLab, name: string, sibling: string): string[] {
  const parent = settings['be.parent']
  return [join(dirname(sibling), name), ...(parent === undefined ? [] : [`${parent}/${name}`])]
}

/** Returns a function that replaces the names of `from` in the files of a tree (fstab, for one) by those of `to`. */
export async function retargeting(
  lab: OwnNamesLab,
  from: string,
  to: string,
): Promise<(tree: string) => Promise<void>> {
  const { path } = await lab.store.get(from)
  return tree => retarget(tree, ownNames(lab, from, path), ownNames(lab, to, path))
}
