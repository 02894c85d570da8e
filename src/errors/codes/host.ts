import type { CodeEntry } from './entry.ts'

/** Files, programs, ssh and the state on the host: src/host, src/state. */
export const HOST = {
  BE_CHANGE_FAILED: {
    exit: 'failed',
    meaning: 'A change failed because of an unexpected error, and could not be undone completely.',
  },
  BE_FILE_IS_DIRECTORY: { exit: 'failed', meaning: 'A directory is where a file is expected.' },
  BE_FILE_NO_DIRECTORY: { exit: 'failed', meaning: 'The directory of the file does not exist.' },
  BE_FILE_NO_SPACE: { exit: 'unavailable', meaning: 'The file system is full, or a quota is reached.' },
  BE_FILE_PERMISSION: { exit: 'permission', meaning: 'This user may not read, write or remove the file.' },
  BE_FILE_READ: { exit: 'failed', meaning: 'The file cannot be read.' },
  BE_FILE_READ_ONLY: { exit: 'unavailable', meaning: 'The file system of the file is read-only.' },
  BE_FILE_REMOVE: { exit: 'failed', meaning: 'The file cannot be removed.' },
  BE_FILE_WRITE: { exit: 'failed', meaning: 'The file cannot be written.' },
  BE_MOUNT_TABLE: { exit: 'internal', meaning: 'The mount table of the host has no file system for a path.' },
  BE_PLATFORM_UNKNOWN: { exit: 'unavailable', meaning: 'The host runs neither FreeBSD nor Linux.' },
  BE_PROGRAM_FAILED: { exit: 'failed', meaning: 'A program could not be started, or ended with an error.' },
  BE_PROGRAM_MISSING: { exit: 'unavailable', meaning: 'A program that be needs is not installed.' },
  BE_PROGRAM_TIMEOUT: { exit: 'tryAgain', meaning: 'A program did not end in time and was killed.' },
  BE_SSH_CUT: {
    exit: 'tryAgain',
    meaning: 'The ssh connection to the NFS host broke: what was being done there may be incomplete.',
  },
  BE_SSH_FAILED: { exit: 'unavailable', meaning: 'ssh to the NFS host failed: try the same by hand.' },
  BE_SSH_HOST_KEY: {
    exit: 'permission',
    meaning: 'The host key of the NFS host is unknown or has changed: log in once by hand.',
  },
  BE_SSH_PERMISSION: {
    exit: 'permission',
    meaning: 'The NFS host does not accept an ssh key of the user that runs be.',
  },
  BE_SSH_UNREACHABLE: { exit: 'unavailable', meaning: 'The NFS host cannot be reached by ssh.' },
  BE_STATE_BUSY: { exit: 'tryAgain', meaning: 'Another process has locked the database in state.dir.' },
  BE_STATE_CORRUPT: {
    exit: 'data',
    meaning: 'The database in state.dir is damaged or no database: put a backup there.',
  },
  BE_STATE_FAILED: { exit: 'unavailable', meaning: 'The database in state.dir cannot be used.' },
  BE_STATE_FULL: { exit: 'tryAgain', meaning: 'No space is left for the database in state.dir.' },
  BE_STATE_GROUP: { exit: 'config', meaning: 'state.group names a group that this host does not have.' },
  BE_STATE_NEWER: { exit: 'config', meaning: 'A newer version of be wrote the database in state.dir.' },
  BE_STATE_NOT_DIRECTORY: { exit: 'config', meaning: 'What state.dir names is no directory.' },
  BE_STATE_PERMISSION: {
    exit: 'permission',
    meaning:
      'This user may not read or write in state.dir: run be as root or as the user of be serve; the group state.group may read.',
  },
} as const satisfies Record<`BE_${string}`, CodeEntry>
