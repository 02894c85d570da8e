import { BeError, errno, reason } from '../errors/errors.ts'

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const SQLITE = { perm: 3, busy: 5, locked: 6, readonly: 8, corrupt: 11, full: 13, cantOpen: 14, notADb: 26 }

/** SQLite's primary result code in what node:sqlite throws; undefined for anything else. */
function resultCode(error: unknown): number | undefined {
  if (errno(error) !== 'ERR_SQLITE_ERROR') return undefined
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === SQLITE.busy || code === SQLITE.locked
}

/** Whether an error says that this process may not write or read a file. */
export function isForbidden(error: unknown): boolean {
  const code = resultCode(error)
  if (code !== undefined) return code === SQLITE.perm || code === SQLITE.readonly || code === SQLITE.cantOpen
  return ['EACCES', 'EPERM', 'EROFS'].includes(errno(error) ?? '')
}

/** The BeError for an error of a statement on `file`; other errors than SQLite's pass as they are. */
export function stateError(error: unknown, file: string): unknown {
  if (error instanceof BeError) return error
  switch (resultCode(error)) {
    case undefined:
      return error
    case SQLITE.busy:
    case SQLITE.locked:
      return new BeError('BE_STATE_BUSY', `${file} is locked by another process`, {
        hint: 'try again; if it stays, look for a hanging be command',
        cause: error,
      })
    case SQLITE.perm:
    case SQLITE.readonly:
    case SQLITE.cantOpen:
      return permission(file, error)
    case SQLITE.corrupt:
    case SQLITE.notADb:
      return new BeError('BE_STATE_CORRUPT', `${file} is damaged or no nbe database (${reason(error)})`, {
        expected: 'an SQLite database',
        hint: 'move it away, with its -wal and -shm, and put a backup there or start with an empty one',
        cause: error,
      })
    case SQLITE.full:
      return new BeError('BE_STATE_FULL', `no space left for ${file}`, {
        hint: 'free some; nothing was changed',
        cause: error,
      })
    default:
      return new BeError('BE_STATE_FAILED', `${file}: ${reason(error)}`, {
        cause: error,
      })
  }
}

/** The BeError for an error while `file` in `dir` was made or opened. */
export function openError(error: unknown, dir: string, file: string): unknown {
  switch (errno(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return permission((error as { path?: string }).path ?? dir, error)
    case 'EEXIST':
    case 'ENOTDIR':
      return new BeError('BE_STATE_NOT_DIRECTORY', `${dir} cannot hold the state`, {
        expected: 'a directory',
        hint: 'name another one as state.dir',
        cause: error,
      })
    case 'EISDIR':
      return new BeError('BE_STATE_CORRUPT', `${file} is a directory`, {
        expected: 'an SQLite database',
        cause: error,
      })
    case 'ENOSPC':
    case 'EDQUOT':
      return new BeError('BE_STATE_FULL', `no space left for ${file}`, { cause: error })
    default:
      return errno(error)?.startsWith('E') && resultCode(error) === undefined
        ? new BeError('BE_STATE_FAILED', `${dir} cannot hold the state: ${reason(error)}`, {
            hint: 'name another directory as state.dir',
            cause: error,
          })
        : stateError(error, file)
  }
}

const permission = (path: string, cause: unknown) =>
  new BeError('BE_STATE_PERMISSION', `may not write the state in ${path}`, {
    hint: 'run be as root or as the user of be serve, or name another state.dir',
    cause,
  })
