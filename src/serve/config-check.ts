import { checkRouter, labPool, labSubnet } from '../config/lab-network.ts'
import { otherSubnets } from '../config/other-subnets.ts'
import type { Subnet } from '../config/subnet.ts'
import { checkAll } from '../errors/several.ts'
import type { Lab } from '../lab/lab.ts'
import { nfsServerOf } from '../lab/nfs-host.ts'
import { checkLocalAddress } from '../net/listening.ts'
import { vmTab } from '../verbs/vms/state.ts'

type CheckedLab = Pick<Lab, 'effective' | 'settings' | 'store'>

/**
 * Checks the configuration as `be serve` does at its start, and vmtab as it is read when the host starts. Throws all
 * errors together: those of labSubnet, labPool, checkRouter, otherSubnets and nfsServerOf, BE_ADDRESS_NOT_LOCAL,
 * BE_STORE_PARENT, BE_VMTAB.
 */
export function checkConfig(lab: CheckedLab): Promise<void> {
  return checkAll([
    () => checkNetworks(lab),
    () => nfsServerOf(lab.settings),
    () => lab.store,
    () => vmTab(lab),
  ])
}

/** What depends on the lab's subnet is checked only when that is known. */
function checkNetworks({ effective }: CheckedLab): Promise<void> {
  const lab: Subnet = labSubnet(effective)
  return checkAll([
    () => checkLocalAddress(lab.address),
    () => labPool(effective, lab),
    () => checkRouter(effective, lab),
    () =>
      checkAll(
        otherSubnets(effective, lab).map(
          ({ server }) =>
            () =>
              server && checkLocalAddress(server),
        ),
      ),
  ])
}
