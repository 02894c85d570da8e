/** FreeBSD's names of the architectures that option 93 can announce. */
export type Arch = 'i386' | 'amd64' | 'arm64'

/** What a boot environment's tree holds that a machine could start from; paths relative to its root. */
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

/** A boot environment as read off its tree. */
export interface BootEnvironment {
  name: string
  /** Absolute path on the host; what is exported. */
  path: string
  kind: 'freebsd' | 'linux' | 'flat'
  arch?: Arch
  /** `12.1-RELEASE`, `Debian 12`; absent when the tree does not tell. */
  release?: string
  boots: Bootables
  /** It is being installed, or that was interrupted: it has nothing to boot with before it is whole. */
  installing?: boolean
  /** False: its file systems are not mounted, so that nothing is known of its tree. */
  mounted?: false
  /** Where each is a data set. */
  dataSet?: DataSetFacts
}

/** What ZFS says of a boot environment's data sets. */
export interface DataSetFacts {
  /** Of its root: `zroot/ROOT/test`. */
  name: string
  /** Bytes that all of it takes, its snapshots and children included. */
  used: number
  /** The snapshot that its root is a clone of. */
  origin?: string
}
