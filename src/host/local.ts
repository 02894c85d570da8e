import { readdir, realpath } from 'node:fs/promises'
import { BeError, errno } from '../errors/errors.ts'
import { makeDirectory } from './directory.ts'
import { fileError, readIfThere, removeFile, writeAtomic } from './files.ts'
import type { Host } from './host.ts'
import { mountOf, mountTable } from './mount-table.ts'
import { detectPlatform, type Platform } from './platform.ts'
import { run } from './run.ts'

/** The computer that we run on. */
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
    list: path => readdir(path).catch(error => noneOr(error, path, [])),
    realPath: path => realpath(path).catch(error => noneOr(error, path, undefined)),
    async mountedAt(path) {
      const real = await host.realPath(path)
      return real === undefined ? undefined : mountOf(await mountTable(host), real)
    },
    close: async () => {},
  }
  return host
}

/** `none` when nothing is there; else the error as one that a person can act on. */
function noneOr<T>(error: unknown, path: string, none: T): T {
  if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return none
  throw error instanceof BeError ? error : fileError(error, 'read', path)
}
