import type { Lab } from '../../lab/lab.ts'
import { unshareBes } from '../../nfs/share.ts'
import { type MachineUsersLab, refuseRunning } from '../trees/users.ts'
import { changeOptions, changingExports, type ExportsLab, shareContext } from './context.ts'
import { noteShares } from './notes.ts'
import { uniqueNames } from './share.ts'

export interface UnshareInput {
  /** Default: all that are shared. */
  names?: readonly string[]
  /** Although machines run them, or are between their loader and their kernel. */
  force?: boolean
}

/** Withdraws exports, all or none; resolves with the names. Throws BE_NOT_SHARED and what the driver throws. */
export async function withdrawExports(
  lab: ExportsLab,
  { names: texts = lab.shares.all().map(({ be }) => be), force }: UnshareInput,
): Promise<string[]> {
  const names = uniqueNames(lab, texts)
  if (names.length === 0) return []
  const context = await shareContext(lab, force)
  await changingExports(lab, () => unshareBes(context, names, changeOptions(lab)))
  if (!lab.dryRun) await noteShares(lab, names)
  return names
}

/**
 * `be unshare`: as withdrawExports, and reports which assignments cannot be booted any more. Throws BE_IN_USE while
 * machines run any of them.
 */
export async function unshareEnvironments(
  lab: ExportsLab & MachineUsersLab & Pick<Lab, 'assignments'>,
  input: UnshareInput,
): Promise<string[]> {
  if (!input.force) {
    const wanted = input.names && uniqueNames(lab, input.names)
    const shared = lab.shares.all().flatMap(({ be }) => (wanted?.includes(be) === false ? [] : [be]))
    await refuseRunning(lab, shared, `be unshare -f ${wanted?.join(' ') ?? '--all'}`)
  }
  const names = await withdrawExports(lab, input)
  for (const name of lab.dryRun ? [] : names) {
    const uses = lab.assignments.usesOf(name)
    if (uses.length === 0) continue
    lab.warn(`${name} is still ${uses.join(', ')}: it cannot be booted before it is shared again`)
  }
  return names
}
