import type { BootEnvironment } from '../../be/be.ts'
import { missingToBoot, refuseInstalling } from '../../be/missing.ts'
import { prepare, unprepare } from '../../be/prepare/prepare.ts'
import { checkMounted } from '../../be/tree/mount-points.ts'
import { change } from '../../host/change.ts'
import type { Lab } from '../../lab/lab.ts'
import { lockTree } from '../../state/lock.ts'
import { isForMany, type RightsLab, wouldBeReadOnly } from '../shares/rights.ts'
import { type MachineUsersLab, refuseWriters } from '../trees/users.ts'
import { beName } from './names.ts'

export interface PrepareInput {
  /** Name of the boot environment. */
  name: string
  /** Default: as it is shared, or would be. */
  readOnly?: boolean
  /** FreeBSD, read-only: copy /etc into memory at boot (diskless(8)). */
  memoryEtc?: boolean
  /** Undo what an earlier call prepared. */
  undo?: boolean
  /** Also while machines run it that can write to it. */
  force?: boolean
  /** Called with all changes before the first is made. */
  show: (changes: TreeChange[]) => void
}

/** One change to the tree. */
export interface TreeChange {
  /** One line in the imperative. */
  what: string
  /** As diff(1) shows it. */
  diff?: string
}

type PrepareLab = RightsLab & MachineUsersLab & Pick<Lab, 'dryRun' | 'say'>

/**
 * Makes a boot environment fit for a root on NFS, or undoes that; with -n no change is made. Locks the tree against a
 * second call at the same time. Throws BE_NOT_BOOTABLE, BE_INSTALLING, BE_NOT_MOUNTED, BE_BUSY while machines that can
 * write to it run it, BE_TREE_….
 */
export async function prepareEnvironment(
  lab: PrepareLab,
  input: PrepareInput,
): Promise<{ name: string; changes: TreeChange[] }> {
  const be = await lab.store.get(beName(lab, input.name))
  if (lab.dryRun) return prepareTree(lab, be, input)
  if (!input.force) await refuseWriters(lab, be.name, `be prepare -f ${be.name}`)
  const lock = lockTree(lab.stateDir, be.name)
  try {
    return await prepareTree(lab, be, input)
  } finally {
    lock.release()
  }
}

async function prepareTree(lab: PrepareLab, be: BootEnvironment, input: PrepareInput) {
  refuseInstalling(be)
  const { name, path: root, kind } = be
  if (kind === 'flat') throw missingToBoot(be, 'uefi')
  const fileSystems = await lab.store.fileSystems(name)
  checkMounted(name, fileSystems)
  const readOnly = input.readOnly ?? (await wouldBeReadOnly(lab, name))
  const { steps, notes } = input.undo
    ? { steps: await unprepare(root, kind), notes: [] }
    : await prepare({
        root,
        kind,
        fileSystems,
        readOnly,
        ofMany: isForMany(lab, name, readOnly),
        server: lab.nfs.server,
        nfsOptions: lab.settings['nfs.options'],
        memoryEtc: input.memoryEtc ?? false,
      })
  const changes = steps.map(({ what, diff }) => ({ what, ...(diff && { diff }) }))
  input.show(changes)
  for (const note of notes) lab.say(note)
  await change(steps, { dryRun: lab.dryRun })
  return { name, changes }
}
