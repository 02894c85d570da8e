import type { Ending, Launch, LaunchCommand, LaunchStep } from './common/launch.ts'
import { tapSteps, tapUp } from './common/network/tap.ts'
import { noDevice, noFirmware, tapName, type Vm, type VmInput, vmOf } from './common/vm/vm.ts'

/** bhyve(8), EXIT STATUS: rebooted, powered off, halted, triple fault, error. */
export const ENDS: Record<number, Ending> = { 0: 'reboot', 1: 'off', 2: 'off', 3: 'failed', 4: 'failed' }

/** bhyve(8) with UEFI firmware, whose PXE drives virtio-net alone (edk2, OvmfPkg/Bhyve). */
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
      // virtio-rnd: newer firmware has no network without a source of random numbers.
      main: bhyveCommand(vm, ['-s', '4,virtio-rnd', '-l', `bootrom,${host.bhyveFirmware}`]),
      clean: [destroyVm(vm)],
      exitStatuses: ENDS,
    }
  },
}

export const loadVmm: LaunchStep = { do: { what: 'load vmm(4)', argv: ['kldload', '-n', 'vmm'] } }

/** A virtual machine keeps its memory until it is destroyed, however it ended; there may be none. */
export const destroyVm = (vm: Vm): LaunchCommand => ({
  what: `destroy ${vm.name}`,
  argv: ['bhyvectl', `--vm=${vm.name}`, '--destroy'],
})

const DISKS = { virtio: 'virtio-blk', ahci: 'ahci-hd' } as const

/** -A: ACPI tables, -H: yield on HLT, -P: and on PAUSE; -w: unknown MSRs are no error. */
export function bhyveCommand(vm: Vm, more: string[]): LaunchCommand {
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
      ...more,
      ...['-s', '31,lpc', '-l', 'com1,stdio', vm.name],
    ],
  }
}
