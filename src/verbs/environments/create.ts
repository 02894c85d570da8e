import { type Layout, parseLayout } from '../../be/layout.ts'
import type { Lab } from '../../lab/lab.ts'
import { beName } from './names.ts'

export interface CreateInput {
  name: string
  /** One of LAYOUTS; default `flat`. */
  layout?: string
}

/** Creates an empty boot environment to install into. Throws BE_LAYOUT, BE_EXISTS and the errors of the store. */
export async function createEnvironment(
  lab: Pick<Lab, 'settings' | 'store' | 'dryRun' | 'say'>,
  { name, layout: wanted = 'flat' }: CreateInput,
): Promise<{ name: string; path: string }> {
  const layout: Layout = parseLayout(wanted)
  const made = await lab.store.create(beName(lab, name), layout, lab.dryRun)
  if (lab.dryRun) lab.say(`would create ${made.path} (${layout})`)
  return made
}
