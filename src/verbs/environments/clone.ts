import { giveIdentity } from '../../be/adapt/identity.ts'
import type { BootEnvironment } from '../../be/be.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../machines/machine.ts'
import { beName, snapshotName } from './names.ts'
import { retargeting } from './own-names.ts'

export interface CloneInput {
  /** `test`, or `test@tag` for one of its snapshots. */
  from: string
  /** The clone's name; default for a machine m1: `test-m1`. */
  to?: string
  /** Clone the data sets below its root too. */
  deep: boolean
  /** Name or MAC of the machine that it is for: the clone gets a host id, and the machine's host name. */
  machine?: string
}

/** Clones a boot environment. Throws BE_UNKNOWN, BE_EXISTS, BE_MACHINE_UNKNOWN, BE_USAGE, and the errors of the store. */
export async function cloneEnvironment(
  lab: Pick<Lab, 'settings' | 'store' | 'inventory' | 'dryRun' | 'say'>,
  input: CloneInput,
): Promise<BootEnvironment> {
  const machine = input.machine === undefined ? undefined : lab.inventory.find(input.machine)
  const { name: from, tag } = snapshotName(lab, input.from)
  const to = beName(lab, input.to ?? defaultName(from, machine))
  const renameInFiles = await retargeting(lab, from, to)
  const adapt = async (tree: string): Promise<void> => {
    await renameInFiles(tree)
    if (machine !== undefined) await giveIdentity(tree, machine.host ?? machine.name)
  }
  const { deep } = input
  const made = await lab.store.clone(from, to, { snapshot: tag, deep, adapt, dryRun: lab.dryRun })
  if (lab.dryRun) lab.say(`would make ${made.path} of ${input.from}`)
  return made
}

function defaultName(from: string, machine: Machine | undefined): string {
  if (machine !== undefined) return `${from}-${machine.name}`
  throw new BeError('BE_USAGE', `no name for the clone of ${from}`, {
    expected: 'a second name, or --for MACHINE',
    hint: 'see be help clone',
  })
}
