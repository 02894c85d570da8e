import { BeError } from '../errors/errors.ts'
import { type Arch, type BootEnvironment, isForPc } from './be.ts'

/**
 * The error that says why a client with this firmware and arch cannot boot `be`; undefined when it can. An unknown arch
 * is no obstacle.
 *
 * BE_NOT_MOUNTED; BE_INSTALLING: not completely installed; BE_NOT_BOOTABLE: no operating system; BE_ARCH_MISMATCH: for
 * another processor; BE_NO_LOADER, BE_NO_KERNEL: a file that this firmware needs is missing.
 */
export function missingToBoot(
  be: BootEnvironment,
  firmware: 'bios' | 'uefi',
  arch?: Arch,
): BeError | undefined {
  if (be.mounted === false) return notMountedError(be)
  if (be.installing) return installingError(be)
  if (be.kind === 'flat') {
    return error('BE_NOT_BOOTABLE', `${be.name} holds no operating system`, {
      expected: 'a FreeBSD or Linux tree',
      hint: `install one into ${be.path}`,
    })
  }
  if (arch !== undefined && be.arch !== undefined && !runs(be.arch, firmware, arch)) {
    return error('BE_ARCH_MISMATCH', `${be.name} is for ${be.arch}, the machine is ${arch} (${firmware})`, {
      hint: `assign a boot environment for ${arch}`,
    })
  }
  return be.kind === 'linux' ? missingLinux(be) : missingFreebsd(be, firmware)
}

/** Throws BE_INSTALLING for a tree that is not completely installed: it is not shared, assigned or booted. */
export function refuseInstalling(be: BootEnvironment): void {
  if (be.installing) throw installingError(be)
}

const installingError = ({ name }: BootEnvironment): BeError =>
  error('BE_INSTALLING', `${name} is not installed to its end`, {
    hint: `give the same be install … ${name} again: it goes on where it stopped`,
  })

const notMountedError = ({ name, path }: BootEnvironment): BeError =>
  error('BE_NOT_MOUNTED', `${name} is not mounted at ${path}`, { hint: `be mount ${name}` })

/** UEFI starts images of its own arch only. A BIOS does not tell whether its processor has 64 bits. */
function runs(image: Arch, firmware: 'bios' | 'uefi', machine: Arch): boolean {
  return firmware === 'uefi' ? image === machine : isForPc(image)
}

function missingLinux(be: BootEnvironment): BeError | undefined {
  if (be.boots.vmlinuz !== undefined) return undefined
  return error('BE_NO_KERNEL', `${be.name} has no kernel`, {
    expected: `vmlinuz or boot/vmlinuz-* in ${be.path}`,
    hint: 'install a kernel package in it',
  })
}

function missingFreebsd(be: BootEnvironment, firmware: 'bios' | 'uefi'): BeError | undefined {
  const loader = firmware === 'bios' ? 'boot/pxeboot' : 'boot/loader.efi'
  if ((firmware === 'bios' ? be.boots.pxeboot : be.boots.loaderEfi) === undefined) {
    return error('BE_NO_LOADER', `${be.name} has no ${loader}`, {
      expected: `${be.path}/${loader}${firmware === 'uefi' && be.arch ? ` for ${be.arch}` : ''}`,
      hint: `install the base system, or boot it by ${firmware === 'bios' ? 'UEFI' : 'BIOS'} if it can`,
    })
  }
  if (be.boots.kernel !== undefined) return undefined
  return error('BE_NO_KERNEL', `${be.name} has no kernel`, {
    expected: `${be.path}/boot/kernel/kernel`,
    hint: 'install kernel.txz in it',
  })
}

type Code =
  | 'BE_ARCH_MISMATCH'
  | 'BE_INSTALLING'
  | 'BE_NOT_BOOTABLE'
  | 'BE_NOT_MOUNTED'
  | 'BE_NO_KERNEL'
  | 'BE_NO_LOADER'

const error = (code: Code, message: string, more: { expected?: string; hint: string }) =>
  new BeError(code, message, { ...more })
