import { netifVariables, nfsrootVariables, type Variable } from '../../../boot/environment.ts'
import { known } from '../../../boot/launch.ts'
import { identity } from '../../../boot/parts.ts'
import type { PlanInput } from '../../../boot/plan.ts'

/**
 * The kernel environment that FreeBSD's loader would set, for a kernel that the host loads: network and root, in
 * the order of the talk (slide 47), whose vfs.root.mountfrom.options=rw the kernel ignores. Throws
 * BE_MACHINE_ADDRESS.
 */
export function kernelEnvironment(input: PlanInput, nfsOptions = input.nfsOptions): Variable[] {
  const { lab, root, readOnly } = input
  const { mac, ip } = known(input)
  return [
    ...netifVariables({ hwaddr: mac, ip, netmask: lab.netmask, ...(lab.router && { gateway: lab.router }) }),
    ...nfsrootVariables(root!, nfsOptions),
    ['vfs.root.mountfrom', `nfs:${root!.server}:${root!.path}`],
    ['vfs.root.mountfrom.options', readOnly ? 'ro' : 'rw'],
    ...identity(input),
    ...input.loaderVariables,
  ]
}
