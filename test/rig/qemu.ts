import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from './lab.ts'
import type { Program } from './program.ts'

export type Firmware = 'uefi' | 'bios'

export interface GuestOptions {
  firmware: Firmware
  /** Lower-case, colons. */
  mac: string
  /** Directory for its variable store and serial log. */
  dir: string
  /** MiB. */
  memory?: number
  /** Start this kernel without network boot, to test a BE alone. */
  direct?: { kernel: string; initrd: string; append: string }
}
const OVMF = '/usr/share/OVMF'

/**
 * OVMF with a variable store of its own. Its network stack needs a random number generator. Of its boot options only
 * IPv4 PXE is left, and the timeout of its boot menu is 0.
 */
function uefi(dir: string): string[] {
  const vars = join(dir, 'vars.fd')
  copyFileSync(join(OVMF, 'OVMF_VARS_4M.fd'), vars)
  return [
    ...['-machine', 'q35'],
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${join(OVMF, 'OVMF_CODE_4M.fd')}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${vars}`],
    ...['-device', 'virtio-rng-pci'],
    ...['-fw_cfg', 'name=opt/org.tianocore/IPv6Support,string=no'],
    ...['-fw_cfg', 'name=opt/org.tianocore/IPv6PXESupport,string=no'],
    ...['-fw_cfg', 'name=opt/org.tianocore/IPv4HTTPSupport,string=no'],
    ...['-fw_cfg', 'name=opt/org.tianocore/IPv6HTTPSupport,string=no'],
  ]
}

/**
 * Connects the card to the bridge through a hub that also has an IPv6 router (QEMU's own, without IPv4): on a LAN without
 * one, iPXE repeats its router solicitation for 16 s before it continues with IPv4.
 */
function network(tap: string): string[] {
  return [
    ...['-netdev', `tap,id=bridge,ifname=${tap},script=no,downscript=no`],
    ...['-netdev', 'user,id=router,ipv4=off,restrict=on'],
    ...['-netdev', 'hubport,hubid=0,id=card'],
    ...['-netdev', 'hubport,hubid=0,id=port1,netdev=bridge'],
    ...['-netdev', 'hubport,hubid=0,id=port2,netdev=router'],
  ]
}

/** Starts a machine without disks on the lab's bridge; its serial console is the transcript. */
export async function startGuest(lab: Lab, options: GuestOptions): Promise<Program> {
  const { firmware, mac, dir, memory = 512, direct } = options
  const tap = await lab.tap()
  // On UEFI without an option ROM: the card is driven by OVMF's own PXE, not by iPXE.
  const argv = [
    ...['qemu-system-x86_64', '-accel', 'tcg', '-m', String(memory), '-nodefaults', '-no-reboot'],
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ...(firmware === 'uefi' ? uefi(dir) : ['-machine', 'pc,graphics=off']),
    ...network(tap),
    ...[
      '-device',
      `virtio-net-pci,netdev=card,mac=${mac},bootindex=1${firmware === 'uefi' ? ',romfile=' : ''}`,
    ],
  ]
  if (direct !== undefined) {
    argv.push('-kernel', direct.kernel, '-initrd', direct.initrd, '-append', direct.append)
  }
  return lab.start(argv, { name: `guest ${mac}`, logFile: join(dir, 'serial.log') })
}
