import { dirname, join } from 'node:path'
import { retarget } from '../../be/adapt/retarget.ts'
import type { Lab } from '../../lab/lab.ts'

type OwnNamesLab = Pick<Lab, 'settings' | 'store'>

/** By what a boot environment's own files may name it: its path (beside `sibling`), and its data set. */
function ownNames({ settings }: OwnNamesLab, name: string, sibling: string): string[] {
  const parent = settings['be.parent']
  return [join(dirname(sibling), name), ...(parent === undefined ? [] : [`${parent}/${name}`])]
}

/** What makes the files of a copy of `from` name `to`, its new self, where they name `from`: fstab, say. */
export async function retargeting(
  lab: OwnNamesLab,
  from: string,
  to: string,
): Promise<(tree: string) => Promise<void>> {
  const { path } = await lab.store.get(from)
  return tree => retarget(tree, ownNames(lab, from, path), ownNames(lab, to, path))
}
