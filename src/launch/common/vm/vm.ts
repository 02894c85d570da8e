import type { BootEnvironment } from '../../../be/be.ts'
import { missingToBoot } from '../../../be/missing.ts'
import type { PlanInput } from '../../../boot/plan.ts'
import { BeError } from '../../../errors/errors.ts'
import type { Platform } from '../../../host/platform.ts'
import type { Hardware } from '../../../machines/hardware.ts'
import type { Machine } from '../../../machines/machine.ts'
import type { LaunchInput, LaunchStep, VmBridge } from '../launch.ts'
import { type Devices, devicesOf } from './devices.ts'

/** What the host is and has, as far as a virtual machine's plan depends on it. */
export interface VmHost {
  platform: Platform
  /** The processor that guests see under KVM; absent: QEMU emulates one. */
  kvm?: { cpu: string }
  /** Where this machine's files go, its monitor's socket too. */
  dir: string
  /** The bridge that its card is plugged into, made where there is none; FreeBSD: with the lab's interface as uplink. */
  bridge: VmBridge
  /** UEFI for QEMU: code, and the variables that each machine gets a copy of. */
  ovmf: { code: string; vars: string }
  /** UEFI for bhyve. */
  bhyveFirmware: string
}

/** For who pastes the plan: the supervisor has made it already. */
export const ownDirectory = ({ dir }: VmHost): LaunchStep => ({
  do: { what: `make ${dir}`, argv: ['mkdir', '-p', dir] },
})

/** What a virtual machine is planned from. */
export interface VmInput extends LaunchInput {
  /** Its network boot, with a fresh file handle of the root; present where the launch loads the kernel. */
  boot?: PlanInput
  host: VmHost
  /** The settings' values for what the machine itself does not say. */
  defaults: { memory: number; cpus: number; firmware: 'auto' | 'uefi' | 'bios' }
}

/** A machine with all of its hardware settled. */
export interface Vm {
  name: string
  mac: string
  uuid?: string
  memory: number
  cpus: number
  /** `none` only where the machine says so. */
  firmware: NonNullable<Hardware['firmware']>
  devices: Devices
  disk?: string
}

/** Throws BE_MACHINE_NEEDED without a machine, BE_LAUNCH_ARCH for a tree that no PC runs. */
export function vmOf({ be, machine, defaults }: VmInput): Vm {
  if (machine === undefined) throw machineNeeded(be.name)
  if (be.arch === 'arm64') {
    throw new BeError('BE_LAUNCH_ARCH', `${be.name} is for ${be.arch}`, {
      expected: 'a boot environment for amd64 or i386: virtual machines here are PCs',
      exit: 'unavailable',
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

/** The name of a machine's end of its cable: FreeBSD counts taps, Linux names them. */
export function tapName({ mac }: Pick<Machine, 'mac'>, platform: Platform): string {
  const digits = mac.replaceAll(':', '').slice(-6)
  return platform === 'linux' ? `tap${digits}` : `tap${Number.parseInt(digits, 16) & 0x7fff}`
}

const machineNeeded = (be: string): BeError =>
  new BeError('BE_MACHINE_NEEDED', 'no machine named', {
    expected: 'a machine: its MAC and hardware',
    hint: `add --machine NAME (be machine add NAME MAC makes one), as in be emit qemu ${be} --machine NAME`,
    exit: 'usage',
  })

/** A device that this launch cannot give the machine. */
export const noDevice = (vm: Vm, launch: string, what: string, instead: string): BeError =>
  new BeError('BE_LAUNCH_DEVICE', `${launch} has no ${what} for ${vm.name}`, {
    expected: instead,
    hint: `be machine set ${vm.name} --kind qemu, or another device (--nic, --disk-bus)`,
    exit: 'unavailable',
  })

/** Firmware that this launch cannot start a machine with. */
export const noFirmware = (vm: Vm, launch: string, expected: string): BeError =>
  new BeError('BE_LAUNCH_FIRMWARE', `${launch} cannot start ${vm.name} with firmware ${vm.firmware}`, {
    expected,
    hint: `be machine set ${vm.name} --firmware …`,
    exit: 'usage',
  })
