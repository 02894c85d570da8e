import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { fileError } from '../../host/files.ts'
import { type Cache, PARTIAL_SUFFIX } from './cache.ts'
import { mismatch, wrongChecksum } from './checksum.ts'
import { checkStatus, get, retryFetch, type Web } from './http.ts'
import type { Progress } from './job.ts'
import type { DistSet } from './manifest.ts'
import type { Source } from './source.ts'

/** No distribution set is longer (bytes). */
const MAX_SET_BYTES = 2 ** 32

export interface ObtainOptions {
  source: Source
  /** Directory of the release, relative to the source. */
  dir: string
  web: Web
  cache: Cache
  /** Becomes part of the name of the partial file, so that two installations never write the same one. */
  fetcher: string
  progress: Progress
}

/**
 * The path on this host of a distribution set whose checksum was verified: in a local mirror, or in the cache, to
 * which it is downloaded if need be. A partial download is resumed.
 * Throws BE_INSTALL_NO_SET, BE_INSTALL_CHECKSUM, BE_FETCH_…, BE_FILE_….
 */
export async function obtain(from: ObtainOptions, set: DistSet): Promise<string> {
  const { source, dir, cache, progress } = from
  const path = source.local ? join(source.name, dir, set.file) : cache.path(set.sha256)
  const there = await stat(path).catch(() => undefined)
  if (there === undefined && source.local) throw missingSet(path)
  if (there !== undefined) {
    let done = 0
    const got = await mismatch(path, set, count => {
      done += count
      progress(`checking ${set.file}`, done, there.size)
    })
    if (got === undefined) {
      if (!source.local) await cache.touch(set.sha256)
      return path
    }
    if (source.local) throw wrongChecksum(path, set, got)
  }
  cache.make()
  await fetchSet(from, set, path)
  return path
}

const missingSet = (path: string): BeError =>
  new BeError('BE_INSTALL_NO_SET', `${path} is missing`, {
    expected: 'all that its MANIFEST names',
    hint: 'complete the mirror',
  })

/** A resumed download with the wrong checksum is repeated once from the start: its first part may be of another file. */
async function fetchSet(from: ObtainOptions, set: DistSet, path: string): Promise<void> {
  const url = [from.source.name, from.dir, set.file].filter(part => part !== '').join('/')
  const part = from.cache.path(`${set.sha256}.${from.fetcher}${PARTIAL_SUFFIX}`)
  const resumed = ((await stat(part).catch(() => undefined))?.size ?? 0) > 0
  for (const isLastTry of resumed ? [false, true] : [true]) {
    await fetchFile(from, url, part, set.file)
    const got = await mismatch(part, set)
    if (got === undefined) return rename(part, path)
    await rm(part, { force: true })
    if (isLastTry) throw wrongChecksum(url, set, got)
  }
}

/** Downloads the rest of `part`. Retried as long as each try gets further than the one before. */
async function fetchFile({ web, progress }: ObtainOptions, url: string, part: string, what: string) {
  const file = await open(part, 'a', 0o644).catch(error => {
    throw fileError(error, 'write', part)
  })
  try {
    let at = (await file.stat()).size
    let before = at
    const attempt = async () => {
      for await (const now of download(web, url, file, at)) {
        at = now.at
        progress(`fetching ${what}`, at, now.total)
      }
      await file.sync()
    }
    const progressed = () => {
      const further = at > before
      before = Math.max(at, before)
      return further
    }
    await retryFetch(web.clock, url, attempt, progressed)
  } finally {
    await file.close()
  }
}

/** Appends to `file` what the server has from offset `start` on (RFC 9110, section 14); yields the offset after each piece. */
async function* download(web: Web, url: string, file: FileHandle, start: number) {
  let at = start
  let total: number | undefined
  let complete = false
  const headers: Record<string, string> = start > 0 ? { Range: `bytes=${start}-` } : {}
  const limits = { bytes: MAX_SET_BYTES - start }
  const body = get(web, url, { headers, limits }, head => {
    // 416: nothing beyond. The part is complete or belongs to another file; the checksum will tell.
    complete = start > 0 && head.status === 416
    if (complete) return
    checkStatus(url, head.status, 200, 206)
    if (head.status === 200) at = 0
    else if (!head.headers.get('content-range')?.startsWith(`bytes ${start}-`)) throw wrongRange(url)
    const length = head.headers.get('content-length')
    if (length !== null) total = at + Number(length)
  })
  for await (const piece of body) {
    if (complete) return
    await append(file, piece, at === 0 && start > 0)
    at += piece.length
    yield { at, total }
  }
  if (total !== undefined && at < total) throw new Error(`it ended after ${at} of ${total} bytes`)
}

async function append(file: FileHandle, piece: Uint8Array, truncate: boolean): Promise<void> {
  try {
    if (truncate) await file.truncate(0)
    await file.appendFile(piece)
  } catch (error) {
    throw fileError(error, 'write', 'what is fetched')
  }
}

const wrongRange = (url: string): BeError =>
  new BeError('BE_FETCH_STATUS', `${url}: the server sent another part than was asked for`, {
    hint: 'name another mirror',
  })
