import { constants } from 'node:fs'
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type BeError, errno } from '../../errors/errors.ts'
import { makeDirectory } from '../../host/directory.ts'
import { leaseLogError } from './log-error.ts'

/** Storage of the lease log. When a method resolves, its bytes are on stable storage. */
export interface LeaseLog {
  /** The whole log; empty when there is none yet. */
  read(): Promise<Buffer>
  append(data: Buffer): Promise<void>
  /** Replaces the whole log; a crash leaves the old one or the new one. */
  replace(data: Buffer): Promise<void>
  /** Keeps what is not in the log any more, for a person to look at. */
  setAside(data: Buffer): Promise<void>
  close(): Promise<void>
}

/** Bytes that the file with lines set aside may have; the newest are kept. */
const MOST_SET_ASIDE = 1 << 20

/** O_DSYNC: write(2) returns when data and size are on disk; saves the call of fdatasync(2). */
const APPEND =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_DSYNC ?? constants.O_SYNC)

/**
 * A lease log in a file; its directory is made when missing. Lines that were set aside are in a file beside it, with
 * `.damaged` behind its name. Rejects with BE_LEASE_LOG.
 */
export class FileLeaseLog implements LeaseLog {
  readonly #path: string
  /** Held open: leases are granted even when no descriptor is left. */
  #file: FileHandle | undefined

  constructor(path: string) {
    this.#path = path
  }

  async read(): Promise<Buffer> {
    const content = await readFile(this.#path).catch(error => {
      if (errno(error) === 'ENOENT') return Buffer.alloc(0)
      throw this.#failed('read', error)
    })
    await this.append(Buffer.alloc(0)) // opens it
    return content
  }

  async append(data: Buffer): Promise<void> {
    try {
      this.#file ??= await this.#openLog()
      await writeAll(this.#file, data)
    } catch (error) {
      throw this.#failed('write', error)
    }
  }

  async replace(data: Buffer): Promise<void> {
    try {
      makeDirectory(dirname(this.#path), 0o755)
      const fresh = `${this.#path}.new`
      const file = await open(fresh, APPEND | constants.O_TRUNC, 0o644)
      try {
        await writeAll(file, data)
        await rename(fresh, this.#path)
      } catch (error) {
        await file.close()
        throw error
      }
      // The open descriptor is the old file's.
      await this.close()
      this.#file = file
      await syncDirectory(dirname(this.#path))
    } catch (error) {
      throw this.#failed('write', error)
    }
  }

  async setAside(data: Buffer): Promise<void> {
    const path = `${this.#path}.damaged`
    try {
      const before = await readFile(path).catch(() => Buffer.alloc(0))
      await writeFile(path, Buffer.concat([before, data]).subarray(-MOST_SET_ASIDE), { mode: 0o644 })
    } catch (error) {
      throw this.#failed('write', error)
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #openLog(): Promise<FileHandle> {
    makeDirectory(dirname(this.#path), 0o755)
    const file = await open(this.#path, APPEND, 0o644)
    await syncDirectory(dirname(this.#path))
    return file
  }

  #failed(verb: 'read' | 'write', error: unknown): BeError {
    return leaseLogError(verb, this.#path, error)
  }
}

async function writeAll(file: FileHandle, data: Buffer): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += (await file.write(data, done, data.length - done)).bytesWritten
  }
}

/** A new name in a directory survives a crash only when the directory is synced. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
