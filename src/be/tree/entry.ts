import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { errno } from '../../errors/errors.ts'
import { temporaryPath } from '../../host/files.ts'

/** Changes of one name in the working directory, during a walk (walk.ts). None follows a link. All throw system errors. */

/** The permissions of a new file; without an owner that of the process. */
export interface Access {
  mode: number
  uid?: number
  gid?: number
}

export const accessOf = ({ mode, uid, gid }: BigIntStats): Access => ({
  mode: Number(mode) & 0o7777,
  uid: Number(uid),
  gid: Number(gid),
})

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * Makes or replaces a file so that a reader finds either the old or the new contents whole, also after a power cut.
 * A link of this name is replaced.
 */
export function replaceFile(name: string, data: string | Uint8Array, access: Access): void {
  const temporary = temporaryPath(name)
  try {
    withDescriptor(openSync(temporary, NEW, 0o600), fd => {
      writeFileSync(fd, data)
      setOwner(fd, access)
      fchmodSync(fd, access.mode) // after the owner, whose change takes set-id bits away
      fsyncSync(fd)
    })
    renameSync(temporary, name)
  } catch (error) {
    removeName(temporary)
    throw error
  }
  syncDirectory()
}

function setOwner(fd: number, { uid, gid }: Access): void {
  if (uid === undefined || gid === undefined) return
  if (uid !== process.geteuid?.() || gid !== process.getegid?.()) fchownSync(fd, uid, gid)
}

/** Removes a name that is no directory; not an error when there is none. */
export function removeName(name: string): void {
  try {
    unlinkSync(name)
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error
  }
}

/** Makes a directory with exactly this mode: that of mkdir(2) has the umask applied. */
export function makeDirectory(name: string, mode: number): void {
  mkdirSync(name, 0o700)
  setMode(name, mode)
}

/** Sets the mode of a directory. */
export const setMode = (name: string, mode: number): void =>
  withDescriptor(openSync(name, DIRECTORY), fd => fchmodSync(fd, mode))

/** Has the names of the working directory written to disk. */
export const syncDirectory = (): void => withDescriptor(openSync('.', DIRECTORY), fsyncSync)

function withDescriptor(fd: number, use: (fd: number) => void): void {
  try {
    use(fd)
  } finally {
    closeSync(fd)
  }
}
