import fs, { type BigIntStats, type StatsFsBase } from 'node:fs'

/**
 * System calls on paths whose names others choose. Names are bytes on disk and in NFS, so here they are strings with
 * one character for each byte (latin1), never decoded as UTF-8. Uses the callbacks of node:fs, as a call by
 * node:fs/promises costs twice as much. All reject with system errors.
 */

type Done<T> = (error: NodeJS.ErrnoException | null, value: T) => void

const promised = <T>(run: (done: Done<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => run((error, value) => (error ? reject(error) : resolve(value))))

const bytes = (path: string): Buffer => Buffer.from(path, 'latin1')

export const lstat = (path: string): Promise<BigIntStats> =>
  promised(done => fs.lstat(bytes(path), { bigint: true }, done))

export const fstat = (fd: number): Promise<BigIntStats> =>
  promised(done => fs.fstat(fd, { bigint: true }, done))

export const open = (path: string, flags: number): Promise<number> =>
  promised(done => fs.open(bytes(path), flags, done))

export const close = (fd: number): Promise<void> =>
  promised<void>(done => fs.close(fd, error => done(error, undefined)))

export const readlink = (path: string): Promise<Buffer> =>
  promised(done => fs.readlink(bytes(path), 'buffer', done))

export const realpath = (path: string): Promise<string> =>
  promised<Buffer>(done => fs.realpath(bytes(path), 'buffer', done)).then(real => real.toString('latin1'))

/** Names in a directory, in no order. */
export const readdir = (path: string): Promise<string[]> =>
  promised(done => fs.readdir(bytes(path), 'latin1', done))

export const statfs = (path: string): Promise<StatsFsBase<bigint>> =>
  promised(done => fs.statfs(bytes(path), { bigint: true }, done))

/** Fills `into` from `position` on; returns how many bytes there were. */
export async function read(fd: number, into: Buffer, position: number): Promise<number> {
  let filled = 0
  while (filled < into.length) {
    const count = await promised<number>(done =>
      fs.read(fd, into, filled, into.length - filled, position + filled, done),
    )
    if (count === 0) break
    filled += count
  }
  return filled
}
