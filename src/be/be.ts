/** Architectures that have firmware which boots from the network, by FreeBSD's names; FreeBSD itself has no loongarch64. */
export type Arch = 'i386' | 'amd64' | 'arm64' | 'armv7' | 'riscv64' | 'loongarch64'

/** Those that be install obtains. */
export type InstallArch = Extract<Arch, 'i386' | 'amd64' | 'arm64'>

/** Whether PCs start it, by BIOS too; so may what is for an unknown processor. */
export const isForPc = (arch: Arch | undefined): boolean =>
  arch === undefined || arch === 'i386' || arch === 'amd64'

/** The files in a boot environment's tree that a machine can start from; paths relative to its root. */
export interface Bootables {
  /** `boot/pxeboot`: FreeBSD, BIOS. */
  pxeboot?: string
  /** `boot/loader.efi`: FreeBSD, UEFI, of `arch`. */
  loaderEfi?: string
  /** `boot/kernel/kernel`, or `.gz`. */
  kernel?: string
  /** Linux kernel image. */
  vmlinuz?: string
  /** Linux initial RAM disk. */
  initrd?: string
}

/** A boot environment, as far as its tree tells. */
export interface BootEnvironment {
  name: string
  /** Absolute path of its tree on the host, which is exported. */
  path: string
  kind: 'freebsd' | 'linux' | 'flat'
  arch?: Arch
  /** `12.1-RELEASE`, `Debian 12`; absent when unknown. */
  release?: string
  boots: Bootables
  /** It is being installed, or the installation was interrupted; `boots` is empty then. */
  installing?: boolean
  /** False: its root is not mounted, so nothing is known about its tree. */
  mounted?: false
  /** In the ZFS store. */
  dataSet?: DataSetFacts
}

/** What ZFS knows about a boot environment. */
export interface DataSetFacts {
  /** Name of its root data set: `zroot/ROOT/test`. */
  name: string
  /** Bytes that it takes, snapshots and children included. */
  used: number
  /** The snapshot that its root is a clone of. */
  origin?: string
}
