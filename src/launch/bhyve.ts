import type { Ending, Launch, LaunchCommand, LaunchStep } from './common/launch.ts'
import { tapName, tapSteps, tapUp } from './common/network/tap.ts'
import { noDevice, noFirmware, type Vm, type VmInput, vmOf } from './common/vm/vm.ts'

/** bhyve(8), EXIT STATUS: 0 rebooted, 1 powered off, 2 halted, 3 triple fault, 4 error. */
export const EXIT_STATUSES: Record<number, Ending> = {
  0: 'reboot',
  1: 'off',
  2: 'off',
  3: 'failed',
  4: 'failed',
}

/** bhyve(8) with UEFI firmware, whose PXE has a driver for virtio-net only (edk2, OvmfPkg/Bhyve). */
export const bhyve: Launch<VmInput> = {
  plan(input) {
    const vm = vmOf(input)
    const { be, host } = input
    if (vm.firmware !== 'uefi') {
      throw noFirmware(vm, 'bhyve', 'uefi, or none to have the kernel loaded by bhyveload')
    }
    if (vm.devices.nic !== 'virtio') {
      throw noDevice(vm, "bhyve's firmware", `PXE over ${vm.devices.nic}`, 'virtio')
    }
    return {
      launch: 'bhyve',
      be: be.name,
      machine: vm.name,
      needs: [{ path: host.bhyveFirmware, from: 'edk2-bhyve' }],
      taps: [tapName(vm, 'freebsd')],
      before: [loadVmm, ...tapSteps(vm, { ...host, platform: 'freebsd' })],
      load: [tapUp(vm)],
      // virtio-rnd: newer firmware needs a source of random numbers for its network stack.
      main: bhyveCommand(vm, ['-s', '4,virtio-rnd', '-l', `bootrom,${host.bhyveFirmware}`]),
      clean: [destroyVm(vm)],
      exitStatuses: EXIT_STATUSES,
    }
  },
}

export const loadVmm: LaunchStep = { do: { what: 'load vmm(4)', argv: ['kldload', '-n', 'vmm'] } }

/** vmm(4) keeps a machine's memory until it is destroyed, however bhyve(8) ended. */
export const destroyVm = (vm: Vm): LaunchCommand => ({
  what: `destroy ${vm.name}`,
  argv: ['bhyvectl', `--vm=${vm.name}`, '--destroy'],
})

const DISKS = { virtio: 'virtio-blk', ahci: 'ahci-hd' } as const

/** -A: ACPI tables, -H: yield on HLT, -P: exit on PAUSE, -w: ignore accesses to unknown MSRs. */
export function bhyveCommand(vm: Vm, options: string[]): LaunchCommand {
  const { nic, disk } = vm.devices
  if (nic === 'ne2000') throw noDevice(vm, 'bhyve', 'ne2000 card', 'virtio or e1000')
  if (vm.disk !== undefined && disk === 'ata') throw noDevice(vm, 'bhyve', 'ATA disk', 'virtio or ahci')
  const card = nic === 'virtio' ? 'virtio-net' : nic
  const bus = disk === 'virtio' ? DISKS.virtio : DISKS.ahci
  return {
    what: `run ${vm.name}`,
    argv: [
      ...['bhyve', '-A', '-H', '-P', '-w', '-c', String(vm.cpus), '-m', String(vm.memory)],
      ...(vm.uuid === undefined ? [] : ['-U', vm.uuid]),
      ...['-s', '0,hostbridge', '-s', `2,${card},${tapName(vm, 'freebsd')},mac=${vm.mac}`],
      ...(vm.disk === undefined ? [] : ['-s', `3,${bus},${vm.disk}`]),
      ...options,
      ...['-s', '31,lpc', '-l', 'com1,stdio', vm.name],
    ],
  }
}
