import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { CodesOf } from '../errors/codes/index.ts'
import { BeError, errno } from '../errors/errors.ts'
import { randomHex } from './random.ts'

/**
 * Replaces a file so that a reader finds either the old or the new contents whole, also after a power cut: writes a
 * new file in the same directory, fsync, rename, fsync of the directory. A link at `path` is replaced, not followed.
 * Throws BE_FILE_NO_DIRECTORY, BE_FILE_IS_DIRECTORY, BE_FILE_PERMISSION, BE_FILE_READ_ONLY, BE_FILE_NO_SPACE or
 * BE_FILE_WRITE.
 */
export async function writeAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = temporaryPath(path)
  try {
    await writeSynced(temporary, data, mode)
    await rename(temporary, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw fileError(error, 'write', path)
  }
}

const temporaryPrefix = (path: string): string => `.${basename(path)}.`

/** A new name for the temporary file beside `path`. */
export const temporaryPath = (path: string): string =>
  join(dirname(path), temporaryPrefix(path) + randomHex(6))

/** Whether `name` is that of a temporary file that a killed writeAtomic of `path` left beside it. */
export function isLeftover(path: string, name: string): boolean {
  const prefix = temporaryPrefix(path)
  return name.startsWith(prefix) && /^[0-9a-f]{12}$/.test(name.slice(prefix.length))
}

/** Removes a file and syncs its directory. Not an error when there is none. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
    await syncDirectory(dirname(path))
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw fileError(error, 'remove', path)
  }
}

/** A file's text; undefined when there is no such file. Throws as writeAtomic does, or BE_FILE_READ. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    throw fileError(error, 'read', path)
  }
}

async function writeSynced(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  await closing(file, async () => {
    await file.writeFile(data)
    await file.chmod(mode) // the umask applies to the mode of open()
    await file.sync()
  })
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  await closing(directory, () => directory.sync())
}

async function closing(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    await file.close()
  }
}

type Verb = 'read' | 'write' | 'remove'

const KNOWN: Record<string, [code: CodesOf<'BE_FILE_'>, what: string, hint: string]> = {
  ENOENT: ['BE_FILE_NO_DIRECTORY', 'its directory does not exist', 'create it'],
  ENOTDIR: ['BE_FILE_NO_DIRECTORY', 'a part of its path is no directory', 'check the path'],
  EISDIR: ['BE_FILE_IS_DIRECTORY', 'it is a directory', 'name a file'],
  EACCES: ['BE_FILE_PERMISSION', 'permission denied', 'run as root or as its owner'],
  EPERM: ['BE_FILE_PERMISSION', 'not permitted', 'run as root; look for file flags'],
  EROFS: ['BE_FILE_READ_ONLY', 'the file system is read-only', 'choose another place'],
  ENOSPC: ['BE_FILE_NO_SPACE', 'no space left', 'free some'],
  EDQUOT: ['BE_FILE_NO_SPACE', 'quota exceeded', 'free some or raise the quota'],
}

/** A file system error as a BeError that says what to do. */
export function fileError(error: unknown, verb: Verb, path: string): BeError {
  const known = KNOWN[errno(error) ?? '']
  if (known !== undefined) {
    const [code, what, hint] = known
    return new BeError(code, `cannot ${verb} ${path}: ${what}`, { hint, cause: error })
  }
  const code = `BE_FILE_${verb.toUpperCase() as Uppercase<Verb>}` as const
  const text = error instanceof Error ? error.message : String(error)
  return new BeError(code, `cannot ${verb} ${path}: ${text}`, { cause: error })
}
