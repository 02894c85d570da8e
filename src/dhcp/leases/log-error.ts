import { dirname } from 'node:path'
import { BeError, errno, reason } from '../../errors/errors.ts'

const ELSEWHERE = 'set state.dir to another directory'

/** What to do, by the error of the system call. */
const HINTS: Readonly<Record<string, (path: string) => string>> = {
  EACCES: path => `run be serve as a user who may write in ${dirname(path)}, or ${ELSEWHERE}`,
  EPERM: path => `run be serve as a user who may write in ${dirname(path)}, or ${ELSEWHERE}`,
  ENOSPC: () => `free space there, or ${ELSEWHERE}`,
  EDQUOT: () => `free space there, or ${ELSEWHERE}`,
  EROFS: () => `mount that file system for writing, or ${ELSEWHERE}`,
  EISDIR: path => `${path} has to be a file: move the directory away`,
  ENOTDIR: path => `${dirname(path)} has to be a directory: ${ELSEWHERE}`,
  EEXIST: path => `${dirname(path)} has to be a directory: ${ELSEWHERE}`,
  ENOENT: path => `${dirname(path)} is gone: make it again, or ${ELSEWHERE}`,
  EMFILE: () => 'raise the limit of open files (ulimit -n, limits(1))',
  ENFILE: () => "raise the host's limit of open files (kern.maxfiles, fs.file-max)",
  EIO: () => `the disk fails: see the host's log, and ${ELSEWHERE}`,
  ERR_FS_FILE_TOO_LARGE: path => `${path} is no lease log: move it away`,
}

/** BE_LEASE_LOG with the cause, and with what helps against it. */
export function leaseLogError(verb: 'read' | 'write', path: string, error: unknown): BeError {
  const hint = HINTS[errno(error) ?? '']?.(path) ?? ELSEWHERE
  return new BeError('BE_LEASE_LOG', `cannot ${verb} ${path}: ${reason(error)}`, { hint, cause: error })
}
