import { BeError } from '../errors/errors.ts'

/** A status of MNT as an error message. */
interface StatusText {
  /** RFC 1813, appendix I, without MNT3ERR_. */
  name: 'PERM' | 'NOENT' | 'IO' | 'ACCES' | 'NOTDIR' | 'INVAL' | 'NAMETOOLONG' | 'NOTSUPP' | 'SERVERFAULT'
  /** Follows "mountd at ADDRESS". */
  text: (path: string, client: string) => string
  hint: string
}

/** mountstat3 (RFC 1813, appendix I, section 5.1.5). */
export const MOUNT_STATUS: Record<number, StatusText> = {
  1: {
    name: 'PERM',
    text: (path, client) => `lets only root on a reserved port mount ${path}, and ${client} is not that`,
    hint: 'run as root',
  },
  2: {
    name: 'NOENT',
    text: path => `finds no ${path}`,
    hint: 'is the boot environment mounted there, on the NFS host and not only on this one?',
  },
  5: {
    name: 'IO',
    text: path => `met an I/O error at ${path}`,
    hint: 'check the pool (zpool status) and the kernel log',
  },
  13: {
    name: 'ACCES',
    text: (path, client) => `does not export ${path} to ${client}`,
    hint: 'exports do not admit this address, or mountd skipped the line (one line a file system and client set; no links): see syslog',
  },
  20: {
    name: 'NOTDIR',
    text: path => `says that ${path} is no directory`,
    hint: 'share the directory that the boot environment is mounted on',
  },
  22: {
    name: 'INVAL',
    text: path => `takes ${path} for an invalid path`,
    hint: 'share an absolute path without . or .. or links in it',
  },
  63: {
    name: 'NAMETOOLONG',
    text: path => `finds the path too long (${Buffer.byteLength(path)} bytes)`,
    hint: 'mount the boot environment at a shorter path',
  },
  10004: {
    name: 'NOTSUPP',
    text: path => `does not support mounting ${path}`,
    hint: 'does this NFS server serve version 3 for that file system?',
  },
  10006: {
    name: 'SERVERFAULT',
    text: path => `failed inside while mounting ${path}`,
    hint: 'see its log; restart it',
  },
}

/** The error of a status other than 0: BE_MNT_<name>, or BE_MNT_STATUS for one that RFC 1813 does not define. */
export function mountError(status: number, path: string, server: string, client = 'this host'): BeError {
  const known = MOUNT_STATUS[status]
  if (known === undefined) {
    return new BeError('BE_MNT_STATUS', `mountd at ${server} answered ${path} with status ${status}`, {
      expected: 'a status of RFC 1813',
      hint: 'see its log',
    })
  }
  const { name, text, hint } = known
  return new BeError(`BE_MNT_${name}`, `mountd at ${server} ${text(path, client)}`, { hint })
}
