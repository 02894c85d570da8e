import type { CodeEntry } from './entry.ts'

/** Installing boot environments: src/be/install. */
export const INSTALL = {
  BE_FETCH_FAILED: {
    exit: 'unavailable',
    meaning: 'The mirror cannot be reached; the same command goes on where it stopped.',
  },
  BE_FETCH_STATUS: {
    exit: 'unavailable',
    meaning: 'The mirror answered with an error, or with another part of the file than was asked for.',
  },
  BE_FETCH_TOO_LONG: {
    exit: 'data',
    meaning: 'The mirror sends more than a directory listing, a MANIFEST or a distribution set has.',
  },
  BE_INSTALLING: {
    exit: 'unavailable',
    meaning: 'The installation of this boot environment is not complete: give the same be install again.',
  },
  BE_INSTALL_CHECKSUM: {
    exit: 'data',
    meaning: 'A file is damaged or belongs to another release: its SHA-256 is not that of MANIFEST.',
  },
  BE_INSTALL_CONFINE: {
    exit: 'permission',
    meaning:
      'tar cannot be confined to the boot environment, as root may not mount here: nothing was unpacked.',
  },
  BE_INSTALL_DEBOOTSTRAP: {
    exit: 'unavailable',
    meaning: 'debootstrap could not install Debian; its log in the boot environment says more.',
  },
  BE_INSTALL_FROM: {
    exit: 'data',
    meaning: 'This can be no source of an installation: it is no directory or archive, or holds the target.',
  },
  BE_INSTALL_LINK: {
    exit: 'data',
    meaning:
      'A name or a hard link in the archive leads out of the boot environment: nothing outside was touched.',
  },
  BE_INSTALL_MANIFEST: { exit: 'data', meaning: 'The file MANIFEST is not that of a FreeBSD release.' },
  BE_INSTALL_MIRROR: {
    exit: 'data',
    meaning: 'There is no mirror of releases at this path or URL, or it cannot be read.',
  },
  BE_INSTALL_NOT_EMPTY: {
    exit: 'failed',
    meaning: 'The boot environment holds files already; --force unpacks over them.',
  },
  BE_INSTALL_NO_RELEASE: {
    exit: 'data',
    meaning: 'The mirror does not have this release for this architecture.',
  },
  BE_INSTALL_NO_SET: {
    exit: 'data',
    meaning: 'The mirror lacks a distribution set that its MANIFEST names: complete the mirror.',
  },
  BE_INSTALL_OTHER: {
    exit: 'data',
    meaning: 'Another installation into this boot environment has begun: complete that, or destroy it.',
  },
  BE_INSTALL_PERMISSION: {
    exit: 'permission',
    meaning: 'Only root can install, because files keep their owners.',
  },
  BE_INSTALL_RELEASE: {
    exit: 'usage',
    meaning: 'The name of the release or suite (-r) is missing or not the name of any.',
  },
  BE_INSTALL_SET: {
    exit: 'data',
    meaning: 'The release has no distribution set of this name, or this names no Debian package.',
  },
  BE_INSTALL_UNPACK: { exit: 'data', meaning: 'tar could not unpack the archive: is it complete?' },
} as const satisfies Record<`BE_${string}`, CodeEntry>
