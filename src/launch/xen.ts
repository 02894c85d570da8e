import type { PlanInput } from '../boot/plan-input.ts'
import type { Variable } from '../boot/variables/variable.ts'
import { BeError } from '../errors/errors.ts'
import type { Launch } from './common/launch.ts'
import { bridgeSteps } from './common/network/tap.ts'
import { kernelEnvironment } from './common/vm/kernel-environment.ts'
import { makeDirectoryStep, type Vm, type VmInput, vmOf } from './common/vm/vm.ts'

/** The card that QEMU emulates in an HVM guest, with iPXE as option ROM. A PV driver of the guest replaces it. */
const MODELS = { virtio: 'virtio-net', e1000: 'e1000', ne2000: 'ne2k_pci' } as const
const DISKS = { virtio: 'xvda', ahci: 'hda', ata: 'hda' } as const

/** xl(1) and xl.cfg(5): HVM booted by PXE; for a machine without firmware PVH with the kernel of the tree. */
export const xen: Launch<VmInput> = {
  loadsKernel: ({ hardware }) => hardware?.firmware === 'none',
  plan(input) {
    const vm = vmOf(input)
    const { be, host, machine } = input
    const file = `${host.dir}/xl.cfg`
    const common: Item[] = [
      ['name', vm.name],
      ...(vm.uuid === undefined ? [] : [['uuid', vm.uuid] as Item]),
      ['memory', vm.memory],
      ['vcpus', vm.cpus],
    ]
    const own = vm.firmware === 'none' ? pvh(input) : hvm(vm, vm.firmware)
    // Xen's firmware does not boot from emulated virtio: e1000 unless the machine's hardware says otherwise.
    const model =
      vm.devices.nic === 'virtio' && machine?.hardware?.nic === undefined ? 'e1000' : vm.devices.nic
    const vif = [`mac=${vm.mac}`, `bridge=${host.bridge.name}`]
    if (vm.firmware !== 'none') vif.push('type=ioemu', `model=${MODELS[model]}`)
    const items: Item[] = [
      ...common,
      ...own,
      ['vif', [vif.join(',')]],
      ...(vm.disk === undefined
        ? []
        : [['disk', [`format=raw,vdev=${DISKS[vm.devices.disk]},access=rw,target=${vm.disk}`]] as Item]),
      ['on_poweroff', 'destroy'],
      ['on_reboot', 'restart'],
      ['on_crash', 'destroy'],
    ]
    return {
      launch: 'xen',
      be: be.name,
      machine: vm.name,
      before: [
        makeDirectoryStep(host),
        ...bridgeSteps(host),
        { do: { what: `write ${file}`, path: file, text: `${items.map(line).join('\n')}\n` } },
      ],
      // -F: stay in the foreground and follow reboots; -c: attach the console to stdin and stdout.
      main: { what: `run ${vm.name}`, argv: ['xl', 'create', '-F', '-c', file] },
      clean: [{ what: `destroy ${vm.name}`, argv: ['xl', 'destroy', vm.name] }],
      // -F: by ACPI if the guest has no PV driver.
      powerOff: { what: `shut ${vm.name} down`, argv: ['xl', 'shutdown', '-F', vm.name] },
    }
  },
}

type Item = [key: string, value: string | number | string[]]

function hvm(vm: Vm, firmware: 'uefi' | 'bios'): Item[] {
  return [
    ['type', 'hvm'],
    ['firmware', firmware],
    ['boot', vm.disk === undefined ? 'n' : 'nc'],
    ['serial', 'pty'],
  ]
}

/** Without a loader the kernel reads its environment from the command line. */
function pvh({ be, boot }: VmInput): Item[] {
  const { kernel } = be.boots
  if (be.kind !== 'freebsd' || kernel === undefined || kernel.endsWith('.gz')) {
    throw new BeError('BE_LAUNCH_KIND', `Xen PVH cannot load ${be.name}`, {
      expected: 'a FreeBSD boot environment with boot/kernel/kernel, not compressed',
      hint: 'let the machine boot by PXE: be machine set … --firmware bios',
    })
  }
  const words = commandLineVariables(boot!).map(([name, value]) => `${name}=${value}`)
  return [
    ['type', 'pvh'],
    ['kernel', `${be.path}/${kernel}`],
    ['cmdline', words.join(',')],
  ]
}

/**
 * The kernel environment without separators in its values: a comma, and from FreeBSD 13 on a blank, ends a value
 * (sys/x86/xen/pv.c). NFS options are joined by colons, which sys/nfs/nfs_diskless.c reads like commas. Throws
 * BE_VARIABLE.
 */
function commandLineVariables(input: PlanInput): Variable[] {
  const variables = kernelEnvironment(input, input.nfsOptions.replaceAll(',', ':'))
  const bad = variables.find(([, value]) => /[,\s]/.test(value))
  if (bad === undefined) return variables
  throw new BeError('BE_VARIABLE', `${bad[0]} cannot stand on a Xen command line`, {
    expected: 'a value without commas and blanks',
    hint: 'see boot.loader and the path of the boot environment',
  })
}

/** A line of xl.cfg(5), whose strings have no escapes. Throws BE_LAUNCH_TEXT. */
function line([key, value]: Item): string {
  if (typeof value === 'number') return `${key} = ${value}`
  const texts = typeof value === 'string' ? [value] : value
  if (texts.some(text => /["\\\n]/.test(text))) {
    throw new BeError('BE_LAUNCH_TEXT', `${key} cannot stand in xl.cfg: ${JSON.stringify(value)}`, {
      expected: 'a value without double quotes and backslashes',
    })
  }
  return typeof value === 'string'
    ? `${key} = "${value}"`
    : `${key} = [ ${texts.map(text => `"${text}"`).join(', ')} ]`
}
