import type { Lab } from '../../lab/lab.ts'
import { snapshotName } from './names.ts'

export interface SnapshotInput {
  /** `test@tag`; default of the tag: the time. */
  name: string
}

/** Takes a snapshot of all data sets of a boot environment; resolves with its name. Throws the errors of the store. */
export async function snapshotEnvironment(
  lab: Pick<Lab, 'settings' | 'store' | 'dryRun'>,
  input: SnapshotInput,
): Promise<string> {
  const { name, tag } = snapshotName(lab, input.name)
  return lab.store.snapshot(name, tag, lab.dryRun)
}
