import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { fileError } from '../../host/files.ts'
import { type Cache, PART } from './cache.ts'
import { mismatch, wrongChecksum } from './checksum.ts'
import { checkStatus, get, persistently, type Web } from './http.ts'
import type { DistSet } from './manifest.ts'
import type { Source } from './source.ts'

/** Told how far a piece of work is: bytes done, and in all where that is known. */
export type Progress = (what: string, done: number, total: number | undefined) => void

export interface Obtaining {
  source: Source
  /** The release's directory in the source. */
  dir: string
  web: Web
  cache: Cache
  /** Who fetches: two who fetch the same set do not write one file. */
  who: string
  progress: Progress
}

/**
 * The path of a set on this host, its checksum seen to be right: in the mirror itself, or fetched into the
 * cache, where what was fetched in part is gone on with. Throws BE_INSTALL_CHECKSUM, BE_FETCH_…, BE_FILE_….
 */
export async function obtain(from: Obtaining, set: DistSet): Promise<string> {
  const { source, dir, cache, progress } = from
  const path = source.local ? join(source.name, dir, set.file) : cache.path(set.sha256)
  const there = await stat(path).catch(() => undefined)
  if (there === undefined && source.local) throw missing(path)
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

const missing = (path: string): BeError =>
  new BeError('BE_INSTALL_NO_SET', `${path} is missing`, {
    expected: 'all that its MANIFEST names',
    hint: 'complete the mirror',
    exit: 'data',
  })

/** What another file left behind has to be fetched anew, once. */
async function fetchSet(from: Obtaining, set: DistSet, path: string): Promise<void> {
  const url = [from.source.name, from.dir, set.file].filter(part => part !== '').join('/')
  const part = from.cache.path(`${set.sha256}.${from.who}${PART}`)
  const resumed = ((await stat(part).catch(() => undefined))?.size ?? 0) > 0
  for (const last of resumed ? [false, true] : [true]) {
    await fetchFile(from, url, part, set.file)
    const got = await mismatch(part, set)
    if (got === undefined) return rename(part, path)
    await rm(part, { force: true })
    if (last) throw wrongChecksum(url, set, got)
  }
}

/** Fetches into `part`, from where it ends on; in vain only when no try gets further than the one before. */
async function fetchFile({ web, progress }: Obtaining, url: string, part: string, what: string) {
  const file = await open(part, 'a', 0o644).catch(error => {
    throw fileError(error, 'write', part)
  })
  try {
    let at = (await file.stat()).size
    let before = at
    const once = async () => {
      for await (const now of more(web, url, file, at)) {
        at = now.at
        progress(`fetching ${what}`, at, now.total)
      }
      await file.sync()
    }
    await persistently(web.clock, url, once, () => {
      const further = at > before
      before = at
      return further
    })
  } finally {
    await file.close()
  }
}

/** Appends what the server has beyond `start`; answers how far it is after each piece. */
async function* more(web: Web, url: string, file: FileHandle, start: number) {
  let at = start
  let total: number | undefined
  let complete = false
  const body = get(web, url, start > 0 ? { Range: `bytes=${start}-` } : {}, head => {
    // Nothing beyond: all of it is there, or it is of another file, as its checksum will tell.
    complete = start > 0 && head.status === 416
    if (complete) return
    checkStatus(url, head.status, 200, 206)
    if (head.status === 200) at = 0
    else if (!head.headers.get('content-range')?.startsWith(`bytes ${start}-`)) throw otherPart(url)
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

async function append(file: FileHandle, piece: Uint8Array, anew: boolean): Promise<void> {
  try {
    if (anew) await file.truncate(0)
    await file.appendFile(piece)
  } catch (error) {
    throw fileError(error, 'write', 'what is fetched')
  }
}

const otherPart = (url: string): BeError =>
  new BeError('BE_FETCH_STATUS', `${url}: the server sent another part than was asked for`, {
    hint: 'name another mirror',
    exit: 'unavailable',
  })
