import type { CodeEntry } from './entry.ts'

/** Boot environments, their stores and their trees: src/be. */
export const ENVIRONMENTS = {
  BE_BUSY: {
    exit: 'tryAgain',
    meaning: 'Something uses the file system or the tree of the boot environment: end that first.',
  },
  BE_DESTROY_INCOMPLETE: {
    exit: 'failed',
    meaning: 'The boot environment is gone, but some of its files or data sets could not be removed.',
  },
  BE_EXISTS: { exit: 'failed', meaning: 'There is a boot environment or data set of this name already.' },
  BE_HAS_CLONES: {
    exit: 'failed',
    meaning: 'Data sets were cloned from this one: destroy them first, or promote them.',
  },
  BE_HOST_BOOTS: {
    exit: 'failed',
    meaning: 'The host itself boots this boot environment next, so it is not destroyed or renamed.',
  },
  BE_IN_USE: {
    exit: 'failed',
    meaning: 'The boot environment is shared, assigned to machines or run by them.',
  },
  BE_LAYOUT: { exit: 'usage', meaning: 'There is no layout of this name for a new boot environment.' },
  BE_MOUNTED_BELOW: {
    exit: 'failed',
    meaning: 'Another file system is mounted inside the boot environment: unmount it first.',
  },
  BE_MOUNTED_ELSEWHERE: {
    exit: 'failed',
    meaning: 'The boot environment is mounted at another path than its own: unmount it there first.',
  },
  BE_ZFS_MOUNTPOINT: {
    exit: 'failed',
    meaning: 'The mountpoint property of the data set is not one that zfs-fuse can mount at the right path.',
  },
  BE_MOUNT_POINT: {
    exit: 'failed',
    meaning: 'The boot environment cannot be mounted where it belongs: no empty directory is there.',
  },
  BE_NAME_INVALID: { exit: 'usage', meaning: 'A boot environment or snapshot cannot have this name.' },
  BE_NAME_PARENT: { exit: 'usage', meaning: 'The name does not lie below the parent that be.parent names.' },
  BE_NAME_TOO_LONG: {
    exit: 'usage',
    meaning: 'The name of the boot environment is too long, its parent included.',
  },
  BE_NOT_A_BE: {
    exit: 'data',
    meaning: 'What lies in the place of the boot environment is no directory.',
  },
  BE_NOT_MOUNTED: {
    exit: 'unavailable',
    meaning: 'The boot environment, or a data set of it, is not mounted: be mount does that.',
  },
  BE_NO_SNAPSHOTS: {
    exit: 'unavailable',
    meaning: 'Boot environments that are directories have no snapshots; be clone makes a copy.',
  },
  BE_NO_SPACE: { exit: 'unavailable', meaning: 'The ZFS pool is full, or a quota is reached.' },
  BE_POOL_MISSING: {
    exit: 'unavailable',
    meaning: 'The ZFS pool that be.parent names is not imported on this host.',
  },
  BE_POOL_SUSPENDED: {
    exit: 'unavailable',
    meaning: 'ZFS has suspended the pool because a disk is missing: see zpool status.',
  },
  BE_SNAPSHOT_HELD: { exit: 'failed', meaning: 'The snapshot has a hold: see zfs holds.' },
  BE_SNAPSHOT_UNKNOWN: { exit: 'data', meaning: 'The boot environment has no snapshot of this name.' },
  BE_STORE_FAILED: {
    exit: 'unavailable',
    meaning: 'A directory of boot environments cannot be read or changed.',
  },
  BE_STORE_PARENT: {
    exit: 'config',
    meaning: 'The data set that boot environments lie below, be.parent, is not set or does not exist.',
  },
  BE_STORE_PERMISSION: {
    exit: 'permission',
    meaning: 'Boot environments may not be read or changed: run be as root; members of state.group may read.',
  },
  BE_STORE_READ_ONLY: {
    exit: 'unavailable',
    meaning: 'The pool or file system of the boot environments is read-only.',
  },
  BE_TREE_BUSY: {
    exit: 'tryAgain',
    meaning:
      'Another be installs, prepares, renames, destroys, mounts or unmounts the same boot environment.',
  },
  BE_TREE_CHANGED: {
    exit: 'tryAgain',
    meaning:
      'The tree of a boot environment was changed by somebody else meanwhile: stop what runs it, then try again.',
  },
  BE_TREE_PATH: {
    exit: 'data',
    meaning: 'A path inside the boot environment leads nowhere: a loop of links, or through a file.',
  },
  BE_TREE_TEXT: {
    exit: 'data',
    meaning: 'A file of the boot environment that is to be edited is too long or not text in UTF-8.',
  },
  BE_UNKNOWN: { exit: 'data', meaning: 'There is no boot environment of this name.' },
  BE_ZFS_DOWN: {
    exit: 'unavailable',
    meaning: 'ZFS does not run on this host: load its module or start it.',
  },
  BE_ZFS_UNKNOWN: { exit: 'data', meaning: 'There is no pool, data set or snapshot of this name.' },
} as const satisfies Record<`BE_${string}`, CodeEntry>
