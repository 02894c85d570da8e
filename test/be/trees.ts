import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { elf, pe } from './images.ts'

/** Files of a tree: path and content. */
export type Planted = Record<string, string | Buffer>

export function plantTree(root: string, files: Planted): string {
  for (const [path, data] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), data)
  }
  return root
}

const freebsd = (release: string): Planted => ({
  'bin/freebsd-version': `#!/bin/sh\nUSERLAND_VERSION="${release}"\n`,
  'bin/sh': elf(62, { osabi: 9 }),
  'boot/pxeboot': 'BTX',
  'boot/loader.efi': pe(0x8664),
  'boot/kernel/kernel': elf(62, { osabi: 9 }),
})

/** As bsdinstall(8) of 10.1 leaves a machine on UFS, static address, no newline at the end of rc.conf. */
export const FREEBSD_10: Planted = {
  ...freebsd('10.1-RELEASE'),
  'etc/fstab':
    '# Device\tMountpoint\tFStype\tOptions\tDump\tPass#\n/dev/ada0p2\t/\tufs\trw\t1\t1\n/dev/ada0p3\tnone\tswap\tsw\t0\t0\n',
  'etc/rc.conf':
    'hostname="old"\nifconfig_em0="inet 192.168.1.9 netmask 255.255.255.0"\ndefaultrouter="192.168.1.1"\nsshd_enable="YES"',
  'etc/hostid': '01234567-89ab-cdef-0123-456789abcdef\n',
}

/** As bsdinstall(8) of 12.1 leaves one on ZFS: the root in loader.conf. */
export const FREEBSD_12: Planted = {
  ...freebsd('12.1-RELEASE-p2'),
  'boot/loader.conf': 'zfs_load="YES"\nvfs.root.mountfrom="zfs:zroot/ROOT/default"\nautoboot_delay="3"\n',
  'etc/fstab':
    '# Device\tMountpoint\tFStype\tOptions\tDump\tPass#\n/dev/gpt/efiboot0 /boot/efi msdosfs rw 2 2\n/dev/mirror/swap none swap sw 0 0\nfdesc /dev/fd fdescfs rw 0 0\n',
  'etc/rc.conf':
    'hostname="lab12"\nkeymap="de"\nifconfig_DEFAULT="SYNCDHCP"\nifconfig_em0_ipv6="inet6 accept_rtadv"\nifconfig_lo1="inet 127.0.0.2"\nzfs_enable="YES"\n',
  'etc/rc.conf.local': 'varmfs="NO"\nifconfig_igb0="DHCP" # the office\n',
}

/** As a VM image of 14 comes: no hostid, growfs. */
export const FREEBSD_14: Planted = {
  ...freebsd('14.1-RELEASE'),
  'etc/os-release': 'NAME=FreeBSD\nID=freebsd\n',
  'etc/fstab':
    '# Custom /etc/fstab for FreeBSD VM images\n/dev/gpt/rootfs\t/\tufs\trw,noatime\t1\t1\n/dev/gpt/swapfs none swap sw 0 0\n',
  'etc/rc.conf': 'hostname=""\nifconfig_DEFAULT="DHCP inet6 accept_rtadv"\ngrowfs_enable="YES"\n',
}

/** As Debian's installer leaves a machine. */
export const DEBIAN: Planted = {
  'boot/vmlinuz-6.1.0-44-amd64': pe(0x8664),
  'boot/initrd.img-6.1.0-44-amd64': 'initrd',
  'bin/sh': elf(62),
  'etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
  'etc/fstab':
    '# /etc/fstab\nUUID=1a2b / ext4 errors=remount-ro 0 1\nUUID=3c4d none swap sw 0 0\n/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\nLABEL=data /srv ext4 nofail 0 2\n',
  'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  'etc/network/interfaces':
    'source /etc/network/interfaces.d/*\n\n# The loopback network interface\nauto lo\niface lo inet loopback\n\n# The primary network interface\nallow-hotplug ens18\niface ens18 inet dhcp\n\tdns-nameservers 10.0.0.1\n',
  'etc/network/interfaces.d/second': 'auto ens19\niface ens19 inet static\n  address 10.1.1.1/24\n',
  'etc/systemd/system/x.service': '',
  'etc/NetworkManager/NetworkManager.conf': '[main]\n',
}

/** A tree as text: path, type, mode, owner, link count and target of everything; size and checksum of files, and their times if asked for. */
export const treeAsText = (root: string, { times = false } = {}): string =>
  execFileSync('sh', ['-c', LISTING_SCRIPT, 'sh', root, times ? '%s %t' : '%s'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })

const LISTING_SCRIPT = `cd "$1" && find . ! -name . -printf '%p %y %m %U:%G %n %l ' \\( -type f -printf "$2" -o -true \\) -printf '\\n' | sort
find . -type f -exec sha256sum {} + | sort -k 2`
