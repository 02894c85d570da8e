import type { Step } from '../../host/change.ts'
import type { BeDataSets, DataSets } from './datasets.ts'

/** The steps that rename the data sets of `name`, which are not mounted, and a mountpoint that contains the name. */
export async function renameSteps(
  dataSets: DataSets,
  name: string,
  to: string,
  [{ name: set, mountpoint }]: BeDataSets,
): Promise<Step[]> {
  const { zfs, parent } = dataSets
  const renamed = `${parent}/${to}`
  const steps = [zfs.step(['zfs', 'rename', set, renamed], ['zfs', 'rename', renamed, set])]
  // An inherited mountpoint follows the name.
  if (mountpoint === (await dataSets.path(name)) && (await zfs.isLocal(set, 'mountpoint'))) {
    const argv = (path: string) => ['zfs', 'set', `mountpoint=${path}`, renamed]
    steps.push(zfs.step(argv(await dataSets.path(to)), argv(mountpoint)))
  }
  return steps
}
