import type { Lab } from '../../lab/lab.ts'
import type { ShareLab } from '../shares/share.ts'
import { machineUsers, runBy, type UsersLab, whileUnused } from '../trees/users.ts'
import { snapshotName } from './names.ts'
import { reassign } from './reassign.ts'
import { exists, whileUnshared } from './unshared.ts'

export interface DestroyInput {
  /** `test`, or `test@tag` for one snapshot. */
  name: string
  /** Even if it is shared, assigned to machines or run by them. */
  force: boolean
}

type DestroyLab = ShareLab & UsersLab & Pick<Lab, 'assignments' | 'database'>

/**
 * Destroys a boot environment or a snapshot; resolves with its name. Throws BE_UNKNOWN, BE_IN_USE, BE_BUSY, BE_TREE_BUSY,
 * BE_HAS_CLONES and more.
 */
export async function destroyEnvironment(
  lab: DestroyLab,
  { name: text, force }: DestroyInput,
): Promise<string> {
  const { name, tag } = snapshotName(lab, text)
  if (tag === undefined) {
    return whileUnused(lab, await lab.store.get(name), () => destroyWhole(lab, name, force))
  }
  await lab.store.destroySnapshot(name, tag, lab.dryRun)
  return `${name}@${tag}`
}

/** Withdraws its export first: that of an unmounted path would export the file system above it. */
async function destroyWhole(lab: DestroyLab, name: string, force: boolean): Promise<string> {
  const shared = lab.shares.get(name) !== undefined
  const run = runBy((await machineUsers(lab)).get(name))
  const inUse = [...(shared ? ['shared'] : []), ...lab.assignments.usesOf(name), ...(run ? [run] : [])]
  await lab.store.destroy(name, { force, inUse, dryRun: true })
  if (lab.dryRun) {
    lab.say(`would destroy ${name}${inUse.length > 0 ? `, which is ${inUse.join(', ')}` : ''}`)
    return name
  }
  try {
    await whileUnshared(lab, { name, force }, () => lab.store.destroy(name, { force }))
  } finally {
    if (!(await exists(lab, name))) reassign(lab, { name })
  }
  return name
}
