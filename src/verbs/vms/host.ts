import { existsSync } from 'node:fs'
import { mayUse } from '../../host/access.ts'
import { listInterfaces } from '../../host/interfaces.ts'
import type { Platform } from '../../host/platform.ts'
import type { Lab } from '../../lab/lab.ts'
import type { VmBridge } from '../../launch/common/launch.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import type { VmHost } from '../../launch/common/vm/vm.ts'
import type { Machine } from '../../machines/machine.ts'

/** Where packages install UEFI for QEMU: the first pair that exists is used, or else the first. */
const OVMF: Record<Platform, VmHost['ovmf'][]> = {
  linux: [
    ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
    ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
    ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
    ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
  ].map(([code, vars]) => ({ code: code!, vars: vars! })),
  freebsd: [
    {
      code: '/usr/local/share/edk2-qemu/QEMU_UEFI_CODE-x86_64.fd',
      vars: '/usr/local/share/edk2-qemu/QEMU_UEFI_VARS-x86_64.fd',
    },
  ],
}

/** From package edk2-bhyve. */
const BHYVE_FIRMWARE = '/usr/local/share/uefi-firmware/BHYVE_UEFI.fd'

type HostLab = Pick<Lab, 'settings' | 'effective' | 'stateDir'>

/** What this host has for a virtual machine: acceleration, firmware, bridge, directory. */
export async function vmHost(lab: HostLab, machine: Machine | undefined): Promise<VmHost> {
  const { platform } = lab.effective
  const accel = lab.settings['vm.accel']
  const hasKvm = accel === 'kvm' || (accel === 'auto' && platform === 'linux' && mayUse('/dev/kvm'))
  return {
    platform,
    ...(hasKvm && { kvm: { cpu: lab.settings['vm.cpu'] } }),
    dir: vmFiles(lab.stateDir, machine?.name ?? 'machine').dir,
    bridge: await bridgeOf(lab, machine?.hardware),
    ovmf: OVMF[platform].find(({ code }) => existsSync(code)) ?? OVMF[platform][0]!,
    bhyveFirmware: BHYVE_FIRMWARE,
  }
}

/**
 * The machine's bridge, or vm.bridge, or lab.interface if that is a bridge, or one of our own. On FreeBSD lab.interface is
 * made a port of it; not on Linux, where an interface that becomes a port loses its addresses.
 */
async function bridgeOf({ settings, effective }: HostLab, hardware: Machine['hardware']): Promise<VmBridge> {
  const { platform } = effective
  const labInterface = settings['lab.interface']
  const named = hardware?.bridge ?? settings['vm.bridge']
  const isBridge = async () =>
    (await listInterfaces(platform)).some(({ name, ports }) => name === labInterface && ports !== undefined)
  const name =
    named ?? (labInterface !== undefined && (await isBridge()) ? labInterface : OWN_BRIDGE[platform])
  const uplink = platform === 'freebsd' && labInterface !== name ? labInterface : undefined
  return { name, ...(uplink !== undefined && { uplink }) }
}

const OWN_BRIDGE: Record<Platform, string> = { linux: 'br0', freebsd: 'bridge0' }
