import type { PlanInput } from '../../boot/plan-input.ts'
import { leasedAddress } from '../../dhcp/leases/leased-address.ts'
import type { Lab } from '../../lab/lab.ts'
import type { NfsRoot } from '../../nfs/root.ts'
import { notShared } from '../../nfs/share-list.ts'
import { clientAs } from './client.ts'

/** A machine's address: the reserved one, or the one of its last lease. */
export const addressOf = async (
  { inventory, stateDir }: Pick<Lab, 'inventory' | 'stateDir'>,
  mac: string,
): Promise<string | undefined> => inventory.get(mac)?.ip ?? (await leasedAddress(stateDir, mac))

export interface PlanTarget {
  /** Name of the boot environment. */
  be: string
  /** MAC of the machine; `''`: no machine in particular. */
  mac: string
}

/**
 * The input of the boot plan for this boot environment on this machine. Throws what keeps it from being booted:
 * BE_NOT_SHARED, BE_INSTALLING, mountd's errors.
 */
export async function planInputFor(
  lab: Pick<Lab, 'inventory' | 'stateDir' | 'planner'>,
  { be, mac }: PlanTarget,
): Promise<PlanInput & { root: NfsRoot }> {
  const ip = mac === '' ? undefined : await addressOf(lab, mac)
  const client = { ...clientAs('uefi', mac), ...(ip !== undefined && { ip }) }
  const input = await lab.planner.input(client, { be })
  if (input.problem !== undefined) throw input.problem
  if (input.root === undefined) throw notShared(be)
  return { ...input, root: input.root }
}
