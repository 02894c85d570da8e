import type { Launch, LaunchStep } from './common/launch.ts'
import { tapName, tapSteps, tapUp } from './common/network/tap.ts'
import { makeDirectoryStep, noFirmware, type Vm, type VmHost, type VmInput, vmOf } from './common/vm/vm.ts'

const FIRMWARE_PACKAGE = { linux: 'ovmf', freebsd: 'edk2-qemu-x64' } as const
const CARDS = { virtio: 'virtio-net-pci', e1000: 'e1000', ne2000: 'ne2k_pci' } as const

/** qemu(1) with UEFI or BIOS. Resets of the guest happen inside QEMU, so the machine is off when it ends. */
export const qemu: Launch<VmInput> = {
  plan(input) {
    const vm = vmOf(input)
    const { be, host } = input
    if (vm.firmware === 'none') throw noFirmware(vm, 'qemu', 'uefi or bios')
    const uefi = vm.firmware === 'uefi'
    return {
      launch: 'qemu',
      be: be.name,
      machine: vm.name,
      ...(uefi && {
        needs: [host.ovmf.code, host.ovmf.vars].map(path => ({
          path,
          from: FIRMWARE_PACKAGE[host.platform],
        })),
      }),
      taps: [tapName(vm, host.platform)],
      before: [makeDirectoryStep(host), ...(uefi ? [copyVariables(host)] : []), ...tapSteps(vm, host)],
      ...(host.platform === 'freebsd' && { load: [tapUp(vm)] }),
      main: {
        what: `run ${vm.name}`,
        argv: [
          ...['qemu-system-x86_64', '-name', vm.name, '-nodefaults', '-display', 'none'],
          ...(host.kvm === undefined ? ['-accel', 'tcg'] : ['-accel', 'kvm', '-cpu', host.kvm.cpu]),
          ...['-m', String(vm.memory), '-smp', String(vm.cpus)],
          ...(vm.uuid === undefined ? [] : ['-uuid', vm.uuid]),
          ...(uefi ? uefiOptions(host) : ['-machine', 'pc,graphics=off']),
          ...['-netdev', `tap,id=lab,ifname=${tapName(vm, host.platform)},script=no,downscript=no`],
          ...['-device', card(vm)],
          ...disk(vm),
          ...['-monitor', `unix:${monitor(host)},server=on,wait=off`, '-serial', 'stdio'],
          ...['-qmp', `unix:${qmp(host)},server=on,wait=off`],
        ],
      },
      qmp: qmp(host),
      powerOff: { socket: monitor(host), text: 'system_powerdown\n' },
    }
  },
}

const monitor = ({ dir }: VmHost): string => `${dir}/monitor`
const qmp = ({ dir }: VmHost): string => `${dir}/qmp`
const variables = ({ dir }: VmHost): string => `${dir}/vars.fd`

/** A fresh copy for each start: a machine that boots from the network has no UEFI variables to keep. */
const copyVariables = (host: VmHost): LaunchStep => ({
  do: { what: "copy the firmware's variables", argv: ['cp', host.ovmf.vars, variables(host)] },
  undo: { what: "remove the firmware's variables", argv: ['rm', '-f', variables(host)] },
})

/** OVMF needs a random source for its network stack. Boot by IPv6 and HTTP is off: it would be tried before PXE. */
function uefiOptions(host: VmHost): string[] {
  const flash = (unit: number, more: string) => ['-drive', `if=pflash,format=raw,unit=${unit},${more}`]
  const off = (name: string) => ['-fw_cfg', `name=opt/org.tianocore/${name},string=no`]
  return [
    ...['-machine', 'q35'],
    ...flash(0, `readonly=on,file=${host.ovmf.code}`),
    ...flash(1, `file=${variables(host)}`),
    ...['-device', 'virtio-rng-pci'],
    ...off('IPv6Support'),
    ...off('IPv6PXESupport'),
    ...off('IPv4HTTPSupport'),
    ...off('IPv6HTTPSupport'),
  ]
}

/**
 * Under UEFI a virtio card gets no option ROM (iPXE), so that OVMF's own PXE is used. OVMF has no driver for the
 * other cards.
 */
function card({ mac, firmware, devices: { nic } }: Vm): string {
  const rom = firmware === 'uefi' && nic === 'virtio' ? ',romfile=' : ''
  return `${CARDS[nic]},netdev=lab,mac=${mac},bootindex=1${rom}`
}

function disk({ disk, devices, firmware }: Vm): string[] {
  if (disk === undefined) return []
  const drive = ['-drive', `if=none,id=disk,format=raw,file=${disk}`]
  const device = (text: string) => ['-device', `${text},drive=disk,bootindex=2`]
  if (devices.disk === 'virtio') return [...drive, ...device('virtio-blk-pci')]
  // q35 has AHCI on board and no ATA; pc has ATA on board, and AHCI as a card.
  if (firmware === 'uefi') return [...drive, ...device('ide-hd,bus=ide.0')]
  if (devices.disk === 'ata') return [...drive, ...device('ide-hd')]
  return [...drive, '-device', 'ahci,id=ahci', ...device('ide-hd,bus=ahci.0')]
}
