import type { Lab } from '../../lab/lab.ts'
import { snapshotName } from './names.ts'

export interface SnapshotInput {
  /** `test@tag`; `test` is given the time as its tag. */
  name: string
}

/** Takes a snapshot of a boot environment and all below it; resolves with its name. Throws the errors of the store. */
export async function snapshotEnvironment(
  lab: Pick<Lab, 'settings' | 'store' | 'dryRun'>,
  input: SnapshotInput,
): Promise<string> {
  const { name, tag } = snapshotName(lab, input.name)
  return lab.store.snapshot(name, tag, lab.dryRun)
}
