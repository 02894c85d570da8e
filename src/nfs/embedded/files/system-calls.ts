import fs, { type BigIntStats, type StatsFsBase } from 'node:fs'

/**
 * The host's files, for a server that others write names for. Names are bytes on both sides, so they are kept
 * as strings of one character a byte (latin1) and never decoded. Callbacks, not node:fs/promises: half the
 * cost of a call. Everything rejects with system errors.
 */

type Done<T> = (error: NodeJS.ErrnoException | null, value: T) => void

const call = <T>(run: (done: Done<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => run((error, value) => (error ? reject(error) : resolve(value))))

const bytes = (path: string): Buffer => Buffer.from(path, 'latin1')

export const lstat = (path: string): Promise<BigIntStats> =>
  call(done => fs.lstat(bytes(path), { bigint: true }, done))

export const fstat = (fd: number): Promise<BigIntStats> => call(done => fs.fstat(fd, { bigint: true }, done))

export const open = (path: string, flags: number): Promise<number> =>
  call(done => fs.open(bytes(path), flags, done))

export const close = (fd: number): Promise<void> =>
  call<void>(done => fs.close(fd, error => done(error, undefined)))

export const readlink = (path: string): Promise<Buffer> =>
  call(done => fs.readlink(bytes(path), 'buffer', done))

export const realpath = (path: string): Promise<string> =>
  call<Buffer>(done => fs.realpath(bytes(path), 'buffer', done)).then(real => real.toString('latin1'))

/** Names of a directory, in no order. */
export const readdir = (path: string): Promise<string[]> =>
  call(done => fs.readdir(bytes(path), 'latin1', done))

export const statfs = (path: string): Promise<StatsFsBase<bigint>> =>
  call(done => fs.statfs(bytes(path), { bigint: true }, done))

/** Fills `into` from `position` on; answers how much there was. */
export async function read(fd: number, into: Buffer, position: number): Promise<number> {
  let have = 0
  while (have < into.length) {
    const got = await call<number>(done => fs.read(fd, into, have, into.length - have, position + have, done))
    if (got === 0) break
    have += got
  }
  return have
}
