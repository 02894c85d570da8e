import { BeError, errno } from '../../errors/errors.ts'

/** nfsstat3 (RFC 1813, section 2.6), as far as a read-only server has use for it. */
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

/** A call is answered with this status. */
export class StatusError extends Error {
  readonly status: number

  constructor(status: number) {
    super()
    this.status = status
  }
}

const OF_SYSTEM: Record<string, number> = {
  EPERM: STATUS.perm,
  ENOENT: STATUS.noent,
  EACCES: STATUS.acces,
  ENOTDIR: STATUS.notdir,
  EISDIR: STATUS.isdir,
  EINVAL: STATUS.inval,
  ENAMETOOLONG: STATUS.nametoolong,
  ESTALE: STATUS.stale,
  // A link in the place of what was no link a moment ago (O_NOFOLLOW).
  ELOOP: STATUS.stale,
  EMLINK: STATUS.stale,
  // The client tries again after a while.
  EMFILE: STATUS.jukebox,
  ENFILE: STATUS.jukebox,
  ENOMEM: STATUS.jukebox,
}

/** The status that tells a client of a refusal or a system error; throws again what is neither. */
export function statusOf(error: unknown): number {
  if (error instanceof StatusError) return error.status
  const code = errno(error)
  if (code === undefined || error instanceof BeError) throw error
  return OF_SYSTEM[code] ?? STATUS.io
}
