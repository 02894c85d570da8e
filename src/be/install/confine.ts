import type { Platform } from '../../host/platform.ts'

/** How tar(1) is run so that it cannot reach outside of a tree. */
export interface Confinement {
  /** Precedes the command. */
  before: string[]
  /** Options of a tar(1) that extracts into the tree. */
  options: string[]
}

/**
 * sh(1) script: makes a root directory that holds nothing but the tree and, read-only, the host's programs, and runs the
 * command in it. A link that leads out of the tree ends at nothing or on a read-only file system, and the kernel
 * refuses a hard link across mounts (link(2), EXDEV). There is no /dev and no /proc, which tar does not need. /sys is
 * the mount point because every host has it and no tree is below it; only this namespace sees the mount. $1 is the tree;
 * then the command.
 */
const SANDBOX = `set -e
tree=$1; shift
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /sys
cd /sys
for dir in /usr /bin /sbin /lib*; do
  if [ -L "$dir" ]; then
    ln -s "$(readlink "$dir")" ".$dir"
  elif [ -d "$dir" ]; then
    mkdir ".$dir"
    mount --bind "$dir" ".$dir"
    mount -o remount,bind,ro,nosuid,nodev ".$dir"
  fi
done
mkdir tree
mount --rbind "$tree" tree
mount -o remount,ro /sys
exec chroot . "$@"
`

/** The mounts go with the last process, which the kernel kills when this one dies. */
const NAMESPACE = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'slave']

/**
 * Confines tar(1) to the tree at `root`. On Linux in a root directory of its own, for GNU tar follows links that are in
 * the tree already, and hard links go through links. On FreeBSD by --chroot of bsdtar(1): the tree is the root.
 * PATH_I18NMODULE keeps iconv(3) from loading code out of the tree (FreeBSD: lib/libc/iconv/citrus_module.c).
 */
export function confined(platform: Platform, root: string): Confinement {
  // Other users cannot be confined, and need not: they only fill a directory that was just made (be clone), and no tar
  // follows links of the archive that it extracts.
  if (process.geteuid?.() !== 0) return { before: [], options: ['-C', root] }
  return platform === 'linux'
    ? { before: [...NAMESPACE, 'sh', '-c', SANDBOX, 'be', root], options: ['-C', '/tree'] }
    : { before: ['env', 'PATH_I18NMODULE='], options: ['--chroot', '-C', root] }
}
