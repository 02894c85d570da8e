import { parseBeName } from '../../be/name.ts'
import type { Lab } from '../../lab/lab.ts'

/** The name of a boot environment as a user writes it: `test`, or with its parent, `bd/be/test`. Throws BE_NAME_INVALID. */
export const beName = ({ settings }: Pick<Lab, 'settings'>, text: string): string =>
  parseBeName(text, settings['be.parent'])

/** The parts of `test@tag`; the tag may be absent. Throws BE_NAME_INVALID. */
export function snapshotName(lab: Pick<Lab, 'settings'>, text: string): { name: string; tag?: string } {
  const [name, ...tag] = text.split('@') as [string]
  return { name: beName(lab, name), ...(tag.length > 0 && { tag: tag.join('@') }) }
}
