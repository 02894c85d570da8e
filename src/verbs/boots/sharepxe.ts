import type { Lab } from '../../lab/lab.ts'
import { beName } from '../environments/names.ts'
import { type ShareLab, shareEnvironments } from '../shares/share.ts'
import { assign } from './assign.ts'
import type { WritersLab } from './writers.ts'

export interface SharePxeInput {
  /** Name of the boot environment. */
  name: string
  /** Names or MACs; none: it becomes the default. */
  machines: readonly string[]
  /** Default: as it was shared before, or else nfs.readonly. */
  readOnly?: boolean
}

export interface SharePxeResult {
  be: string
  /** Their names; none: it is the default. */
  machines: string[]
}

/** Shares a boot environment and assigns it. Throws BE_MACHINE_UNKNOWN, BE_UNKNOWN, and what sharing throws. */
export async function sharePxe(
  lab: ShareLab & WritersLab & Pick<Lab, 'database'>,
  { name, machines: wanted, readOnly }: SharePxeInput,
): Promise<SharePxeResult> {
  const machines = wanted.map(machine => lab.inventory.find(machine))
  const be = await lab.store.get(beName(lab, name))
  await shareEnvironments(lab, { names: [name], readOnly })
  assign(lab, { be, machines })
  return { be: be.name, machines: machines.map(({ name }) => name) }
}
