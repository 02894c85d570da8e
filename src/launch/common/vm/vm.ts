import { type BootEnvironment, isForPc } from '../../../be/be.ts'
import { missingToBoot } from '../../../be/missing.ts'
import type { PlanInput } from '../../../boot/plan-input.ts'
import { BeError } from '../../../errors/errors.ts'
import type { Platform } from '../../../host/platform.ts'
import type { Hardware } from '../../../machines/hardware.ts'
import type { LaunchInput, LaunchStep, VmBridge } from '../launch.ts'
import { type Devices, devicesOf } from './devices.ts'

/** The facts of the host that a virtual machine's plan depends on. */
export interface VmHost {
  platform: Platform
  /** The processor that guests see under KVM; absent: QEMU emulates one. */
  kvm?: { cpu: string }
  /** The directory of this machine's files, its monitor's socket among them. */
  dir: string
  /** The bridge for its tap, created where there is none; on FreeBSD with the lab's interface as uplink. */
  bridge: VmBridge
  /** UEFI firmware for QEMU: code, and the template of the variables, of which each machine gets a copy. */
  ovmf: { code: string; vars: string }
  /** UEFI firmware for bhyve. */
  bhyveFirmware: string
}

/** What a virtual machine is planned from. */
export interface VmInput extends LaunchInput {
  /** Its network boot, with a fresh file handle of the root; present where the launch loads the kernel. */
  boot?: PlanInput
  host: VmHost
  /** The settings' values for what the machine's hardware leaves open. */
  defaults: { memory: number; cpus: number; firmware: 'auto' | 'uefi' | 'bios' }
}

/** A virtual machine with nothing of its hardware left open. */
export interface Vm {
  name: string
  mac: string
  uuid?: string
  /** MiB. */
  memory: number
  cpus: number
  /** `none` only where the machine's hardware says so. */
  firmware: NonNullable<Hardware['firmware']>
  devices: Devices
  /** Path of an image or a volume. */
  disk?: string
}

/** Throws BE_MACHINE_NEEDED without a machine, BE_LAUNCH_ARCH for a boot environment that no PC runs. */
export function vmOf({ be, machine, defaults }: VmInput): Vm {
  if (machine === undefined) throw machineNeeded(be.name)
  if (!isForPc(be.arch)) {
    throw new BeError('BE_LAUNCH_ARCH', `${be.name} is for ${be.arch}`, {
      expected: 'a boot environment for amd64 or i386: virtual machines here are PCs',
    })
  }
  const own = machine.hardware ?? {}
  return {
    name: machine.name,
    mac: machine.mac,
    ...(machine.uuid !== undefined && { uuid: machine.uuid }),
    memory: own.memory ?? defaults.memory,
    cpus: own.cpus ?? defaults.cpus,
    firmware: own.firmware ?? (defaults.firmware === 'auto' ? firmwareFor(be) : defaults.firmware),
    devices: devicesOf(be, own),
    ...(own.disk !== undefined && { disk: own.disk }),
  }
}

/** UEFI, unless the boot environment has a loader for BIOS only. */
const firmwareFor = (be: BootEnvironment): 'uefi' | 'bios' =>
  missingToBoot(be, 'uefi') !== undefined && missingToBoot(be, 'bios') === undefined ? 'bios' : 'uefi'

/** Makes the machine's directory: a start has it already, a plan that is pasted into a shell has not. */
export const makeDirectoryStep = ({ dir }: VmHost): LaunchStep => ({
  do: { what: `make ${dir}`, argv: ['mkdir', '-p', dir] },
})

const machineNeeded = (be: string): BeError =>
  new BeError('BE_MACHINE_NEEDED', 'no machine named', {
    expected: 'a machine: its MAC and hardware',
    hint: `add --machine NAME (be machine add NAME MAC makes one), as in be emit qemu ${be} --machine NAME`,
  })

/** The launch has no such device to emulate. */
export const noDevice = (vm: Vm, launch: string, what: string, instead: string): BeError =>
  new BeError('BE_LAUNCH_DEVICE', `${launch} has no ${what} for ${vm.name}`, {
    expected: instead,
    hint: `be machine set ${vm.name} --kind qemu, or another device (--nic, --disk-bus)`,
  })

/** The launch cannot start a machine with its firmware. */
export const noFirmware = (vm: Vm, launch: string, expected: string): BeError =>
  new BeError('BE_LAUNCH_FIRMWARE', `${launch} cannot start ${vm.name} with firmware ${vm.firmware}`, {
    expected,
    hint: `be machine set ${vm.name} --firmware …`,
  })
