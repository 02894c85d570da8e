import { BeError, errno } from '../../errors/errors.ts'

/** nfsstat3 (RFC 1813, section 2.6), as far as a read-only server needs it. */
export const STATUS = {
  ok: 0,
  perm: 1,
  noent: 2,
  io: 5,
  acces: 13,
  notdir: 20,
  isdir: 21,
  inval: 22,
  rofs: 30,
  nametoolong: 63,
  stale: 70,
  badhandle: 10001,
  tooSmall: 10005,
  jukebox: 10008,
} as const

/** Thrown to answer a call with this status. */
export class StatusError extends Error {
  readonly status: number

  constructor(status: number) {
    super()
    this.status = status
  }
}

const STATUS_OF_ERRNO: Record<string, number> = {
  EPERM: STATUS.perm,
  ENOENT: STATUS.noent,
  EACCES: STATUS.acces,
  ENOTDIR: STATUS.notdir,
  EISDIR: STATUS.isdir,
  EINVAL: STATUS.inval,
  ENAMETOOLONG: STATUS.nametoolong,
  ESTALE: STATUS.stale,
  // By O_NOFOLLOW: what was no symbolic link before is one now.
  ELOOP: STATUS.stale,
  EMLINK: STATUS.stale,
  // JUKEBOX: the client tries again after a while.
  EMFILE: STATUS.jukebox,
  ENFILE: STATUS.jukebox,
  ENOMEM: STATUS.jukebox,
}

/** The status of a StatusError or a system error; rethrows any other error. */
export function statusOf(error: unknown): number {
  if (error instanceof StatusError) return error.status
  const code = errno(error)
  if (code === undefined || error instanceof BeError) throw error
  return STATUS_OF_ERRNO[code] ?? STATUS.io
}
