import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError, errno } from '../../errors/errors.ts'
import type { Fetch } from '../../net/fetch.ts'
import type { Clock } from '../../net/net.ts'
import { listPage, readPage } from './http.ts'

/** A mirror of releases: a directory of this host, or the URL of a web server's. */
export interface Source {
  /** Path or URL, without a slash at its end: `/pub`, `https://download.freebsd.org`. */
  readonly name: string
  readonly local: boolean
  /** A small file; undefined when there is none. */
  text(path: string): Promise<string | undefined>
  /** Names in a directory, without trailing slashes; none when it cannot be listed. */
  list(path: string): Promise<string[]>
}

/** Throws BE_INSTALL_MIRROR for what is neither a directory of this host nor an HTTP(S) URL. */
export async function openSource(name: string, net: { fetch: Fetch; clock: Clock }): Promise<Source> {
  if (/^https?:\/\//i.test(name)) return webSource(name.replace(/\/+$/, ''), net)
  const there = await stat(name).catch(() => undefined)
  if (there?.isDirectory()) return directorySource(name)
  throw new BeError('BE_INSTALL_MIRROR', `no mirror of releases at ${name}`, {
    expected: 'a directory of this host, or an http or https URL',
  })
}

const directorySource = (root: string): Source => ({
  name: root,
  local: true,
  text: path => readFile(join(root, path), 'utf8').catch(absent(undefined)),
  list: path => readdir(join(root, path)).catch(absent<string[]>([])),
})

const webSource = (url: string, net: { fetch: Fetch; clock: Clock }): Source => ({
  name: url,
  local: false,
  text: path => readPage(net, `${url}/${path}`),
  list: async path => listPage((await readPage(net, `${url}/${path}${path === '' ? '' : '/'}`)) ?? ''),
})

const absent =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errno(error) ?? '')) return instead
    throw new BeError('BE_INSTALL_MIRROR', `the mirror cannot be read: ${(error as Error).message}`, {
      exit: 'unavailable',
      cause: error,
    })
  }
