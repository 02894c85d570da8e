import { type OpenFile, openPlace } from '../../be/tree/open-file.ts'
import { atPath, type Place } from '../../be/tree/walk.ts'
import { BeError, errno, reason } from '../../errors/errors.ts'
import type { BootFile } from './boot-file.ts'

/** Attempts when the tree changes while a file is opened. */
const TRIES = 3

/**
 * Opens the regular file `path` below the directory `root`. Links are resolved with `root` as `/`: an absolute
 * link starts at `root`, and `..` stops there. Undefined when there is no such file, or it is a directory, a
 * device, a FIFO, or a loop of links. A machine may be root on this tree over NFS and may change it at any moment:
 * be/tree/walk.ts. `mayRead` judges the open file, by where it was found.
 *
 * Throws BE_FILE_PRIVATE for what may not be read, BE_FILE_DENIED, BE_FILE_UNREADABLE.
 */
export async function openBelow(
  root: string,
  path: string,
  name: string,
  mayRead: (place: Place) => boolean = () => true,
): Promise<BootFile | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return atPath(root, path, place => openAs(place, name, mayRead))
    } catch (error) {
      if (error instanceof BeError) throw error
      if (errno(error) === 'ESTALE' && attempt < TRIES) continue
      if (ABSENT.has(errno(error) ?? '')) return undefined
      throw failure(error, name)
    }
  }
}

const ABSENT = new Set('ENOENT ENOTDIR ELOOP EMLINK ENAMETOOLONG EISDIR ENXIO EINVAL ESTALE'.split(' '))

function openAs(place: Place, name: string, mayRead: (place: Place) => boolean): BootFile | undefined {
  const file = openPlace(place)
  if (file === undefined) return undefined
  if (mayRead({ ...place, stat: file.stat })) return asBootFile(file, name)
  file.close()
  throw new BeError('BE_FILE_PRIVATE', `${name} is not for everybody to read`, {
    expected: 'a file below /boot, or one that all users of that system may read',
  })
}

function failure(error: unknown, name: string): BeError {
  const code = errno(error)
  if (code === 'EACCES' || code === 'EPERM') {
    return new BeError('BE_FILE_DENIED', `${name}: permission denied`, {
      hint: 'make it readable for the user that the service runs as',
      cause: error,
    })
  }
  return new BeError('BE_FILE_UNREADABLE', `${name}: ${reason(error)}`, { cause: error })
}

function asBootFile(file: OpenFile, name: string): BootFile {
  const { dev, ino, size, mtimeNs, ctimeNs } = file.stat
  return {
    path: name,
    size: Number(size),
    // ctime too: a replaced file may have the same size and mtime, and even get the freed inode again.
    version: [dev, ino, size, mtimeNs, ctimeNs].map(n => n.toString(36)).join(':'),
    async read(offset, length, into) {
      const bytes = into ?? Buffer.allocUnsafe(length)
      const have = await file.read(bytes, offset, length).catch(error => {
        throw failure(error, name)
      })
      return bytes.subarray(0, have)
    },
    close: async () => file.close(),
  }
}
