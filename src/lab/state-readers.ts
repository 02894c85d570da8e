import { BeError } from '../errors/errors.ts'
import { groupId } from '../host/group.ts'
import type { StateReaders } from '../state/database.ts'

/** The group that state.group names, which may read the state. Throws BE_STATE_GROUP when this host has none of that name. */
export function stateReaders(name: string | undefined): StateReaders {
  if (name === undefined) return {}
  const gid = groupId(name)
  if (gid !== undefined) return { group: { name, gid } }
  throw new BeError('BE_STATE_GROUP', `state.group: no group ${name} on this host`, {
    expected: 'one of group(5)',
    hint: `make it, as by pw groupadd ${name} or groupadd ${name}`,
  })
}
