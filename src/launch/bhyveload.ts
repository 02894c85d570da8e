import type { Variable } from '../boot/variables/variable.ts'
import { BeError } from '../errors/errors.ts'
import { bhyveCommand, destroyVm, EXIT_STATUSES, loadVmm } from './bhyve.ts'
import type { Launch } from './common/launch.ts'
import { tapName, tapSteps, tapUp } from './common/network/tap.ts'
import { kernelEnvironment } from './common/vm/kernel-environment.ts'
import { type VmInput, vmOf } from './common/vm/vm.ts'

/** FreeBSD's interface name of each card. */
const INTERFACES = { virtio: 'vtnet0', e1000: 'em0', ne2000: 'ed0' } as const

/** bhyveload(8) loads the kernel from the boot environment's tree on this host; then bhyve(8) runs it. */
export const bhyveload: Launch<VmInput> = {
  loadsKernel: () => true,
  plan(input) {
    const vm = vmOf(input)
    const { be, host } = input
    if (be.kind !== 'freebsd' || be.boots.kernel === undefined) {
      throw new BeError('BE_LAUNCH_KIND', `bhyveload cannot load ${be.name}`, {
        expected: 'a FreeBSD boot environment with boot/kernel/kernel',
        hint: 'let the machine boot by PXE: be machine set … --firmware uefi',
      })
    }
    // bhyveload has no network of its own: the kernel's network and root are passed as variables with -e.
    const variables: Variable[] = [
      ['boot.netif.name', INTERFACES[vm.devices.nic]],
      ...kernelEnvironment(input.boot!),
    ]
    return {
      launch: 'bhyveload',
      be: be.name,
      machine: vm.name,
      taps: [tapName(vm, 'freebsd')],
      before: [loadVmm, ...tapSteps(vm, { ...host, platform: 'freebsd' })],
      load: [
        tapUp(vm),
        {
          what: `load ${be.name}`,
          argv: [
            ...['bhyveload', '-h', be.path],
            ...variables.flatMap(([name, value]) => ['-e', `${name}=${value}`]),
            ...['-m', String(vm.memory), vm.name],
          ],
        },
      ],
      main: bhyveCommand(vm, []),
      clean: [destroyVm(vm)],
      exitStatuses: EXIT_STATUSES,
    }
  },
}
