import { readdir, realpath } from 'node:fs/promises'
import { BeError, errno } from '../errors/errors.ts'
import { makeDirectory } from './directory.ts'
import { fileError, readIfThere, removeFile, writeAtomic } from './files.ts'
import type { Host } from './host.ts'
import { mountOf, mountTable } from './mount-table.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { run } from './run.ts'

/** The host of this process. */
export function localHost(platform: Platform = detectPlatform()): Host {
  const host: Host = {
    name: 'this host',
    local: true,
    platform,
    run: (argv, options) => run(argv, { platform, ...options }),
    readIfThere,
    writeAtomic,
    removeFile,
    async makeDirectory(path, mode) {
      try {
        makeDirectory(path, mode)
      } catch (error) {
        throw fileError(error, 'write', path)
      }
    },
    list: path => readdir(path).catch(error => ifAbsent(error, path, [])),
    realPath: path => realpath(path).catch(error => ifAbsent(error, path, undefined)),
    async mountedAt(path) {
      const real = await host.realPath(path)
      return real === undefined ? undefined : mountOf(await mountTable(host), real)
    },
    close: async () => {},
  }
  return host
}

/** `value` when the error says that nothing is at `path`; throws any other error as a BeError. */
function ifAbsent<T>(error: unknown, path: string, value: T): T {
  if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return value
  throw error instanceof BeError ? error : fileError(error, 'read', path)
}
