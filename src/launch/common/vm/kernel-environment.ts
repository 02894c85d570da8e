import type { PlanInput } from '../../../boot/plan-input.ts'
import { requireAddress } from '../../../boot/require-address.ts'
import { netifVariables, nfsrootVariables } from '../../../boot/variables/kernel-variables.ts'
import { identityVariables } from '../../../boot/variables/loader-variables.ts'
import type { Variable } from '../../../boot/variables/variable.ts'

/**
 * The kernel environment that FreeBSD's loader would set, for a kernel that the host loads: network and root, in
 * the order of the talk (slide 47), whose vfs.root.mountfrom.options=rw the kernel ignores. Throws
 * BE_MACHINE_ADDRESS.
 */
export function kernelEnvironment(input: PlanInput, nfsOptions = input.nfsOptions): Variable[] {
  const { lab, root, readOnly } = input
  const { mac, ip } = requireAddress(input)
  return [
    ...netifVariables({ hwaddr: mac, ip, netmask: lab.netmask, ...(lab.router && { gateway: lab.router }) }),
    ...nfsrootVariables(root!, nfsOptions),
    ['vfs.root.mountfrom', `nfs:${root!.server}:${root!.path}`],
    ['vfs.root.mountfrom.options', readOnly ? 'ro' : 'rw'],
    ...identityVariables(input),
    ...input.loaderVariables,
  ]
}
