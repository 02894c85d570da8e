import { constants } from 'node:fs'
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises'
import { findInside } from '../../be/tree/resolve.ts'
import { BeError, errno, reason } from '../../errors/errors.ts'
import type { BootFile } from './boot-file.ts'

/** Attempts when the tree changes while a file is opened. */
const TRIES = 3

/**
 * Opens the regular file `path` below the directory `root`. Links are resolved with `root` as `/`: an absolute
 * link starts at `root`, and `..` stops there. Undefined when there is no such file, or it is a directory, a
 * device, a FIFO, or a loop of links.
 *
 * A machine may be root on this tree over NFS and may change it at any moment. So a file is opened only after
 * lstat(2) found it to be a regular file, and the path of the open file is compared afterwards.
 *
 * Throws BE_FILE_DENIED, BE_FILE_UNREADABLE.
 */
export async function openBelow(root: string, path: string, name: string): Promise<BootFile | undefined> {
  try {
    const top = await realpath(root)
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const found = await findInside(top, path)
      if (!found?.stat.isFile()) return undefined
      const handle = await open(found.path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
      const file = await asBootFile(handle, found.path, name)
      if (file !== undefined) return file
    }
    return undefined
  } catch (error) {
    if (ABSENT.has(errno(error) ?? '')) return undefined
    throw failure(error, name)
  }
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'ENAMETOOLONG', 'EISDIR', 'ENXIO', 'EINVAL'])

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

/** The open file; undefined, and closed, when it is not the regular file at `path` any more. */
async function asBootFile(handle: FileHandle, path: string, name: string): Promise<BootFile | undefined> {
  let kept = false
  try {
    const stat = await handle.stat({ bigint: true })
    if (!stat.isFile() || (await pathOf(handle, path)) !== path) return undefined
    kept = true
    return {
      path: name,
      size: Number(stat.size),
      // ctime too: a replaced file may have the same size and mtime, and even get the freed inode again.
      version: [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].map(n => n.toString(36)).join(':'),
      read: (offset, length, into) =>
        readFully(handle, offset, into ?? Buffer.allocUnsafe(length), length, name),
      close: () => handle.close(),
    }
  } finally {
    if (!kept) await handle.close()
  }
}

/** The path of the open file: from the kernel on Linux; the resolved path where there is no such /proc. */
async function pathOf(handle: FileHandle, path: string): Promise<string> {
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`)
  } catch {
    return realpath(path)
  }
}

async function readFully(
  handle: FileHandle,
  offset: number,
  bytes: Buffer,
  length: number,
  name: string,
): Promise<Buffer> {
  let have = 0
  try {
    while (have < length) {
      const { bytesRead } = await handle.read(bytes, have, length - have, offset + have)
      if (bytesRead === 0) break
      have += bytesRead
    }
  } catch (error) {
    throw failure(error, name)
  }
  return bytes.subarray(0, have)
}
