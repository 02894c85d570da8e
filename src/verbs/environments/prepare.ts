import type { BootEnvironment } from '../../be/be.ts'
import { missingToBoot, refuseInstalling } from '../../be/missing.ts'
import { parseBeName } from '../../be/name.ts'
import { prepare as preparing, unprepare } from '../../be/prepare/prepare.ts'
import { checkMounted } from '../../be/tree/mount-points.ts'
import { change } from '../../host/change.ts'
import type { Lab } from '../../lab/lab.ts'
import { lockTree } from '../../state/lock.ts'
import { isOfMany, wouldBeReadOnly } from '../shares/tree-use.ts'

export interface PrepareRequest {
  /** Undefined: as it is shared, or would be. */
  readOnly?: boolean | undefined
  memoryEtc?: boolean | undefined
  /** Take it back. */
  undo?: boolean | undefined
}

/** One thing that was done to the tree, or would be. */
export interface TreeChange {
  what: string
  diff?: string
}

/**
 * Makes a boot environment fit for a root on NFS, or takes that back. `show` is told all changes before the
 * first is made; with -n none is. Throws BE_NOT_BOOTABLE, BE_INSTALLING, BE_NOT_MOUNTED, BE_TREE_….
 * Two at once would undo each other.
 */
export async function prepare(
  rooms: Lab,
  text: string,
  request: PrepareRequest,
  show: (changes: TreeChange[]) => void,
): Promise<{ name: string; changes: TreeChange[] }> {
  const be = await rooms.store.get(parseBeName(text, rooms.settings['be.parent']))
  if (rooms.dryRun) return prepared(rooms, be, request, show)
  const lock = lockTree(rooms.stateDir, be.name)
  try {
    return await prepared(rooms, be, request, show)
  } finally {
    lock.release()
  }
}

async function prepared(
  rooms: Lab,
  be: BootEnvironment,
  request: PrepareRequest,
  show: (changes: TreeChange[]) => void,
) {
  refuseInstalling(be)
  const { name, path: root, kind } = be
  if (kind === 'flat') throw missingToBoot(be, 'uefi')
  const fileSystems = await rooms.store.fileSystems(name)
  checkMounted(name, fileSystems)
  const readOnly = request.readOnly ?? (await wouldBeReadOnly(rooms, name))
  const { steps, notes } = request.undo
    ? { steps: await unprepare(root, kind), notes: [] }
    : await preparing({
        ...{ root, kind, fileSystems, readOnly, ofMany: isOfMany(rooms, name, readOnly) },
        ...{ server: rooms.nfsServer, nfsOptions: rooms.settings['nfs.options'] },
        memoryEtc: request.memoryEtc ?? false,
      })
  const changes = steps.map(({ what, diff }) => ({ what, ...(diff && { diff }) }))
  show(changes)
  for (const note of notes) rooms.say(note)
  await change(steps, { dryRun: rooms.dryRun })
  return { name, changes }
}
