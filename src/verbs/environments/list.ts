import type { BootEnvironment } from '../../be/be.ts'
import type { BeFileSystem, Snapshot } from '../../be/store.ts'
import type { Lab } from '../../lab/lab.ts'
import { type User, type UsersLab, usersOf } from '../trees/users.ts'
import { beName } from './names.ts'

export interface ListInput {
  /** Name of one boot environment; default: all. */
  name?: string
}

/** A boot environment as `be list` shows it. */
export interface ListedEnvironment extends BootEnvironment {
  shared?: 'ro' | 'rw'
  /** Its assignments for a person: `assigned to m1`, `the default`. */
  uses: string[]
  /** Who uses it now. */
  users: User[]
}

type ListLab = Pick<Lab, 'settings' | 'store'>

const nameOf = (lab: ListLab, { name }: ListInput): string | undefined =>
  name === undefined ? undefined : beName(lab, name)

/** Boot environments, with their shares, assignments and users. Throws BE_UNKNOWN and the errors of the store. */
export async function listEnvironments(
  lab: ListLab & UsersLab & Pick<Lab, 'assignments' | 'shares'>,
  input: ListInput = {},
): Promise<ListedEnvironment[]> {
  const { assignments, shares } = lab
  const found = await lab.store.list(nameOf(lab, input))
  const users = await usersOf(lab, found)
  return found.map(be => {
    const share = shares.get(be.name)
    const shared = share && { shared: share.readOnly ? ('ro' as const) : ('rw' as const) }
    return { ...be, ...shared, uses: assignments.usesOf(be.name), users: users.get(be.name)! }
  })
}

/** The file systems of boot environments. Throws BE_UNKNOWN and the errors of the store. */
export async function listFileSystems(
  lab: ListLab,
  input: ListInput = {},
): Promise<(BeFileSystem & { be: string })[]> {
  const name = nameOf(lab, input)
  const all =
    name === undefined
      ? await lab.store.allFileSystems()
      : new Map([[name, await lab.store.fileSystems(name)]])
  return [...all].flatMap(([be, fileSystems]) => fileSystems.map(fileSystem => ({ be, ...fileSystem })))
}

/** The snapshots of boot environments. Throws BE_UNKNOWN and the errors of the store. */
export const listSnapshots = (lab: ListLab, input: ListInput = {}): Promise<Snapshot[]> =>
  lab.store.snapshots(nameOf(lab, input))
