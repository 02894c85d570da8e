import { BeError } from '../errors/errors.ts'
import type { ExitName } from '../errors/sysexits.ts'

/** What a status of MNT means to the person who shared a boot environment. */
interface Meaning {
  /** RFC 1813, appendix I, without MNT3ERR_. */
  name: 'PERM' | 'NOENT' | 'IO' | 'ACCES' | 'NOTDIR' | 'INVAL' | 'NAMETOOLONG' | 'NOTSUPP' | 'SERVERFAULT'
  /** Follows "mountd at ADDRESS". */
  says: (path: string, client: string) => string
  hint: string
  exit: ExitName
}

/** mountstat3 (RFC 1813, appendix I, section 5.1.5). */
export const MOUNT_STATUS: Record<number, Meaning> = {
  1: {
    name: 'PERM',
    says: (path, client) => `lets only root on a reserved port mount ${path}, and ${client} is not that`,
    hint: 'run as root',
    exit: 'permission',
  },
  2: {
    name: 'NOENT',
    says: path => `finds no ${path}`,
    hint: 'is the boot environment mounted there, on the NFS host and not only on this one?',
    exit: 'data',
  },
  5: {
    name: 'IO',
    says: path => `met an I/O error at ${path}`,
    hint: 'check the pool (zpool status) and the kernel log',
    exit: 'unavailable',
  },
  13: {
    name: 'ACCES',
    says: (path, client) => `does not export ${path} to ${client}`,
    hint: 'exports do not admit this address, or mountd skipped the line (one line a file system and client set; no links): see syslog',
    exit: 'permission',
  },
  20: {
    name: 'NOTDIR',
    says: path => `says that ${path} is no directory`,
    hint: 'share the directory that the boot environment is mounted on',
    exit: 'data',
  },
  22: {
    name: 'INVAL',
    says: path => `takes ${path} for an invalid path`,
    hint: 'share an absolute path without . or .. or links in it',
    exit: 'data',
  },
  63: {
    name: 'NAMETOOLONG',
    says: path => `finds the path too long (${Buffer.byteLength(path)} bytes)`,
    hint: 'mount the boot environment at a shorter path',
    exit: 'data',
  },
  10004: {
    name: 'NOTSUPP',
    says: path => `does not support mounting ${path}`,
    hint: 'does this NFS server serve version 3 for that file system?',
    exit: 'unavailable',
  },
  10006: {
    name: 'SERVERFAULT',
    says: path => `failed inside while mounting ${path}`,
    hint: 'see its log; restart it',
    exit: 'unavailable',
  },
}

/** The error of a status other than 0: BE_MNT_ACCES and so on, BE_MNT_STATUS for one that no RFC knows. */
export function mountError(status: number, path: string, server: string, client = 'this host'): BeError {
  const meaning = MOUNT_STATUS[status]
  if (meaning === undefined) {
    return new BeError('BE_MNT_STATUS', `mountd at ${server} answered ${path} with status ${status}`, {
      expected: 'a status of RFC 1813',
      hint: 'see its log',
      exit: 'unavailable',
    })
  }
  const { name, says, hint, exit } = meaning
  return new BeError(`BE_MNT_${name}`, `mountd at ${server} ${says(path, client)}`, { hint, exit })
}
