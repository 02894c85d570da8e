import type { BootEnvironment } from '../../be/be.ts'
import { BeError, reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { type ShareLab, shareEnvironments } from '../shares/share.ts'
import { refuseRunning, type UsersLab, whileUnused } from '../trees/users.ts'
import { beName } from './names.ts'
import { retargeting } from './own-names.ts'
import { reassign } from './reassign.ts'
import { whileUnshared } from './unshared.ts'

export interface RenameInput {
  name: string
  /** The new name. */
  to: string
  /** Even if machines run it. */
  force: boolean
}

type RenameLab = ShareLab & UsersLab & Pick<Lab, 'assignments' | 'database'>

/**
 * Renames a boot environment, with its assignments and its share. Throws BE_UNKNOWN, BE_EXISTS, BE_IN_USE, BE_BUSY,
 * BE_TREE_BUSY and more; BE_NOT_SHARED_AGAIN when it has its new name but could not be shared.
 */
export async function renameEnvironment(lab: RenameLab, input: RenameInput): Promise<BootEnvironment> {
  const [name, to] = [beName(lab, input.name), beName(lab, input.to)]
  const be = await lab.store.get(name)
  if (!input.force) await refuseRunning(lab, [name], `be rename -f ${name} ${to}`)
  return whileUnused(lab, be, () => renameUnused(lab, name, to, input.force))
}

async function renameUnused(
  lab: RenameLab,
  name: string,
  to: string,
  force: boolean,
): Promise<BootEnvironment> {
  const share = lab.shares.get(name)
  const adapt = await retargeting(lab, name, to)
  const planned = await lab.store.rename(name, to, { dryRun: true })
  if (lab.dryRun) {
    lab.say(`would rename ${name} to ${to}${share === undefined ? '' : ', shared again under that name'}`)
    return planned
  }
  const renamed = await whileUnshared(lab, { name, force }, () => lab.store.rename(name, to, { adapt }))
  reassign(lab, { name, to })
  if (share !== undefined) await shareAgain(lab, to, share.readOnly)
  return renamed
}

async function shareAgain(lab: ShareLab, name: string, readOnly: boolean): Promise<void> {
  try {
    await shareEnvironments(lab, { names: [name], readOnly })
  } catch (error) {
    throw new BeError(
      'BE_NOT_SHARED_AGAIN',
      `${name} has its new name, but is not shared: ${reason(error)}`,
      { hint: `be sharenfs --${readOnly ? 'ro' : 'rw'} ${name}`, cause: error },
    )
  }
}
