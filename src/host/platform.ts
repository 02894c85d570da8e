import { BeError } from '../errors/errors.ts'

/** Host operating systems that the program runs on. Detected once and passed down. */
export type Platform = 'freebsd' | 'linux'

/** The plain values that differ between platforms. Behaviour that differs is in drivers. */
export interface PlatformFacts {
  configFile: string
  /** Table of the virtual machines that start with the host. */
  vmTab: string
  stateDir: string
  /** The group that may read the state: where a group for such things is customary. */
  readers?: string
  /** The admin's own boot files, served beside those that come with the program. */
  pxeDir: string
  /** Where packages install iPXE binaries, in search order. */
  ipxeDirs: string[]
  /** The directory below which boot environments are mounted. */
  beRoot: string
  /** The exports format of this host's own NFS server. */
  exportsFormat: 'freebsd' | 'linux'
  /** Command that installs packages; their names follow it. */
  installCommand: string
  /** Program → package, where the names differ. */
  packageOf: Record<string, string>
}

const FACTS: Record<Platform, PlatformFacts> = {
  freebsd: {
    configFile: '/usr/local/etc/be.toml',
    vmTab: '/usr/local/etc/vmtab',
    stateDir: '/var/db/nbe',
    readers: 'operator',
    pxeDir: '/usr/local/etc/nbe/pxe',
    ipxeDirs: ['/usr/local/share/ipxe'],
    beRoot: '/ROOT',
    exportsFormat: 'freebsd',
    installCommand: 'pkg install',
    packageOf: {
      'ganesha.nfsd': 'nfs-ganesha',
      'qemu-system-x86_64': 'qemu',
      bhyve: 'the FreeBSD base system',
      bhyvectl: 'the FreeBSD base system',
      bhyveload: 'the FreeBSD base system',
      ifconfig: 'the FreeBSD base system',
      kldload: 'the FreeBSD base system',
      mountd: 'the FreeBSD base system',
      rpcbind: 'the FreeBSD base system',
      ssh: 'the FreeBSD base system',
      service: 'the FreeBSD base system',
      sysrc: 'the FreeBSD base system',
      xl: 'xen-tools',
      zfs: 'the FreeBSD base system',
    },
  },
  linux: {
    configFile: '/etc/be.toml',
    vmTab: '/etc/vmtab',
    stateDir: '/var/lib/nbe',
    pxeDir: '/etc/nbe/pxe',
    ipxeDirs: ['/usr/lib/ipxe', '/usr/share/ipxe'],
    beRoot: '/ROOT',
    exportsFormat: 'linux',
    installCommand: 'apt-get install',
    packageOf: {
      'ganesha.nfsd': 'nfs-ganesha nfs-ganesha-vfs',
      bhyve: 'the FreeBSD base system',
      'dbus-daemon': 'dbus',
      'qemu-system-x86_64': 'qemu-system-x86',
      busybox: 'busybox-static',
      rpcbind: 'rpcbind netbase',
      exportfs: 'nfs-kernel-server',
      ssh: 'openssh-client',
      xz: 'xz-utils',
      ip: 'iproute2',
      xl: 'xen-system-amd64',
      zfs: 'zfsutils-linux',
    },
  },
}

/** The platform of the running process. Throws BE_PLATFORM_UNKNOWN elsewhere. */
export function detectPlatform(name: string = process.platform): Platform {
  if (name === 'freebsd' || name === 'linux') return name
  throw new BeError('BE_PLATFORM_UNKNOWN', `this host runs ${name}`, {
    expected: 'freebsd or linux',
  })
}

/** The values of one platform. */
export const platformFacts = (platform: Platform): PlatformFacts => FACTS[platform]

/** The hint for a missing program: the command that installs it, `apt-get install rpcbind`, or where it belongs. */
export function installHint(program: string, platform: Platform): string {
  const { installCommand, packageOf } = FACTS[platform]
  const name = program.slice(program.lastIndexOf('/') + 1)
  const from = packageOf[name] ?? name
  return from.startsWith('the ') ? `it belongs to ${from}` : `${installCommand} ${from}`
}
