import { accessSync, constants, existsSync } from 'node:fs'
import { BeError } from '../../errors/errors.ts'
import { listInterfaces } from '../../host/interfaces.ts'
import { type Platform, platformFacts } from '../../host/platform.ts'
import { programMissing } from '../../host/run.ts'
import type { Lab } from '../../lab/lab.ts'
import type { LaunchPlan, MadeBridge } from '../../launch/common/launch.ts'
import type { VmHost } from '../../launch/common/vm.ts'
import { vmFiles } from '../../launch/common/vm-dir.ts'
import type { Machine } from '../../machines/machine.ts'

/** Where packages put UEFI for QEMU: the first that is there, else the first. */
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

/** As package edk2-bhyve has it. */
const BHYVE_FIRMWARE = '/usr/local/share/uefi-firmware/BHYVE_UEFI.fd'

/** What this host has for a machine's virtual twin. */
export async function vmHost(rooms: Lab, machine: Machine | undefined): Promise<VmHost> {
  const { platform } = rooms.effective
  const accel = rooms.settings['vm.accel']
  const hasKvm = accel === 'kvm' || (accel === 'auto' && platform === 'linux' && mayUse('/dev/kvm'))
  return {
    platform,
    ...(hasKvm && { kvm: { cpu: rooms.settings['vm.cpu'] } }),
    dir: vmFiles(rooms.stateDir, machine?.name ?? 'machine').dir,
    bridge: await bridgeOf(rooms, machine?.hardware),
    ovmf: OVMF[platform].find(({ code }) => existsSync(code)) ?? OVMF[platform][0]!,
    bhyveFirmware: BHYVE_FIRMWARE,
  }
}

/**
 * The machine's bridge, vm.bridge, the lab's interface if that is one, or one of our own. On Linux an interface
 * that becomes a port loses its addresses: that is the admin's to do.
 */
async function bridgeOf({ settings, effective }: Lab, hardware: Machine['hardware']): Promise<MadeBridge> {
  const { platform } = effective
  const lab = settings['lab.interface']
  const named = hardware?.bridge ?? settings['vm.bridge']
  const isBridge = async () =>
    (await listInterfaces(platform)).some(({ name, ports }) => name === lab && ports !== undefined)
  const name = named ?? (lab !== undefined && (await isBridge()) ? lab : OWN_BRIDGE[platform])
  return { name, ...(platform === 'freebsd' && lab !== undefined && lab !== name && { uplink: lab }) }
}

const OWN_BRIDGE: Record<Platform, string> = { linux: 'br0', freebsd: 'bridge0' }

/**
 * Whether a plan can be carried out here, before anything is touched. Throws BE_PROGRAM_MISSING,
 * BE_FIRMWARE_MISSING, BE_TAP_TAKEN, BE_NO_BRIDGE.
 */
export async function checkReady(plan: LaunchPlan, platform: Platform): Promise<void> {
  const commands = [plan.main, ...(plan.load ?? []), ...plan.before.map(step => step.do)]
  for (const command of commands) {
    if ('argv' in command && !isProgram(command.argv[0]!)) throw programMissing(command.argv[0]!, platform)
  }
  for (const { path, from } of plan.needs ?? []) {
    if (existsSync(path)) continue
    throw new BeError('BE_FIRMWARE_MISSING', `${path} is not there`, {
      hint: `${platformFacts(platform).installCommand} ${from}`,
      exit: 'unavailable',
    })
  }
  const all = await listInterfaces(platform)
  const taken = plan.makes?.find(tap => all.some(({ name }) => name === tap))
  if (taken !== undefined) throw tapTaken(taken, plan, platform)
  const bridge = plan.before.find(step => step.bridge !== undefined)?.bridge
  const other = all.find(({ name, ports }) => name === bridge?.name && ports === undefined)
  if (other !== undefined) throw noBridge(other.name, plan)
}

const noBridge = (name: string, { machine }: LaunchPlan): BeError =>
  new BeError('BE_NO_BRIDGE', `${name}, which ${machine} would be plugged into, is no bridge`, {
    expected: 'a bridge, or a name for one that is made',
    hint: 'see vm.bridge, and be machine set --bridge',
    exit: 'config',
  })

const tapTaken = (tap: string, { machine }: LaunchPlan, platform: Platform): BeError =>
  new BeError('BE_TAP_TAKEN', `${tap}, which ${machine} would be plugged into, is there already`, {
    expected: 'no other user of it: the end of its name comes from the MAC',
    hint: `see who uses it; ${platform === 'linux' ? `ip link delete ${tap}` : `ifconfig ${tap} destroy`} removes it`,
    exit: 'unavailable',
  })

const isProgram = (name: string): boolean =>
  name.includes('/')
    ? mayUse(name, constants.X_OK)
    : (process.env.PATH ?? '').split(':').some(dir => dir !== '' && mayUse(`${dir}/${name}`, constants.X_OK))

function mayUse(path: string, mode = constants.R_OK | constants.W_OK): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
