import { BeError, errno, reason } from '../../errors/errors.ts'
import type { Fetch } from '../../net/fetch.ts'
import { type Clock, sleep } from '../../net/net.ts'

export interface Web {
  fetch: Fetch
  clock: Clock
}

/** A server that sends nothing for so long is asked again. */
const SILENT_MS = 30_000
/** How often in a row, and how long it is let alone before. */
const PAUSES_MS = [500, 1000, 2000, 4000]
/** More is no MANIFEST and no list of files. */
const SMALL = 4 << 20

/** A request, and its body in pieces; a silent server is hung up on. */
export async function* get(
  { fetch, clock }: Web,
  url: string,
  headers: Record<string, string>,
  onHead: (head: Response) => void,
): AsyncGenerator<Uint8Array> {
  const abort = new AbortController()
  const silent = () => abort.abort(new Error(`silent for ${SILENT_MS / 1000} s`))
  let timer = clock.timer(SILENT_MS, silent)
  try {
    const response = await fetch(url, {
      headers: { 'Accept-Encoding': 'identity', ...headers },
      signal: abort.signal,
    })
    onHead(response)
    for await (const piece of response.body ?? []) {
      timer.cancel()
      yield piece
      timer = clock.timer(SILENT_MS, silent)
    }
  } finally {
    timer.cancel()
    abort.abort()
  }
}

/** The text at a URL; undefined when the server has none. Throws BE_FETCH_STATUS, BE_FETCH_FAILED. */
export const readPage = (web: Web, url: string): Promise<string | undefined> =>
  persistently(web.clock, url, async () => {
    let there = true
    const pieces: Uint8Array[] = []
    let size = 0
    const body = get(web, url, {}, ({ status }) => {
      // Stores of objects say 403 for what they do not have.
      there = ![403, 404, 410].includes(status)
      if (there) checkStatus(url, status, 200)
    })
    for await (const piece of body) {
      size += piece.length
      if (size > SMALL || !there) break
      pieces.push(piece)
    }
    return there ? Buffer.concat(pieces).toString('utf8') : undefined
  })

/** The names that a server's list of a directory links to. */
export const listPage = (html: string): string[] =>
  [...html.matchAll(/href\s*=\s*["']?(?:\.\/)?([^"'/?#>\s]+)\/?["'\s>]/gi)]
    .map(([, name]) => decoded(name!))
    .filter(name => name !== '..' && name !== '.')

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** Throws BE_FETCH_STATUS, which is tried again when the server may be well again soon. */
export function checkStatus(url: string, status: number, ...wanted: number[]): void {
  if (wanted.includes(status)) return
  throw new BeError('BE_FETCH_STATUS', `${url}: the server answered ${status}`, {
    expected: wanted.join(' or '),
    exit: status >= 500 || status === 429 ? 'tryAgain' : 'unavailable',
  })
}

/** Does `work` again while it fails in a way that may pass; `moved` tells that it got further since. */
export async function persistently<T>(
  clock: Clock,
  url: string,
  work: () => Promise<T>,
  moved: () => boolean = () => false,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const final = error instanceof BeError && error.exit !== 'tryAgain'
      if (moved()) tries = 0
      const pause = PAUSES_MS[tries]
      if (final || pause === undefined) throw error instanceof BeError ? error : failed(url, error)
      await sleep(clock, pause)
    }
  }
}

function failed(url: string, error: unknown): BeError {
  // fetch() itself says only "fetch failed".
  const cause = (error as { cause?: unknown }).cause ?? error
  const why = errno(cause) ?? reason(cause)
  return new BeError('BE_FETCH_FAILED', `${url} cannot be fetched: ${why}`, {
    hint: 'is the mirror up, and does this host reach it? run it again: it goes on where it stopped',
    exit: 'unavailable',
    cause: error,
  })
}
