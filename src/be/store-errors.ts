import { BeError, errno, reason } from '../errors/errors.ts'
import { didYouMean } from '../errors/suggestions.ts'

/** Errors that both stores throw. */

export const existsError = (name: string, path: string) =>
  new BeError('BE_EXISTS', `${name} exists: ${path}`, { hint: 'choose another name, or destroy it first' })

export const unknownError = (name: string, place: string, names: readonly string[]) =>
  new BeError('BE_UNKNOWN', `no boot environment ${name} in ${place}`, {
    hint: `${didYouMean(name, names, 'be list')}; make it with be create ${name}`,
  })

export const inUseError = (name: string, uses: readonly string[]) =>
  new BeError('BE_IN_USE', `${name} is in use: ${uses.join(', ')}`, {
    hint: `be unshare ${name} and assign another first, or use -F`,
  })

/** `what` is the consequence: `destroying test would reach into it`. */
export const mountPointError = (path: string, what: string) =>
  new BeError('BE_MOUNTED_BELOW', `${path} is a mount point: ${what}`, { hint: `umount ${path} first` })

export const noSnapshotsError = () =>
  new BeError('BE_NO_SNAPSHOTS', 'boot environments that are directories have no snapshots', {
    hint: 'be.store = "zfs" has them; be clone makes a copy',
  })

/** A system error as BE_STORE_PERMISSION or BE_STORE_FAILED; `what` says what failed. A BeError is returned as it is. */
export function hostError(
  error: unknown,
  what: string,
  hint = 'run as root, on a file system that can be written',
): BeError {
  if (error instanceof BeError) return error
  const code = errno(error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new BeError('BE_STORE_PERMISSION', `${what}: ${reason(error)}`, {
      hint,
      cause: error,
    })
  }
  return new BeError('BE_STORE_FAILED', `${what}: ${reason(error)}`, { cause: error })
}
