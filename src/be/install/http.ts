import { BeError, errno, reason } from '../../errors/errors.ts'
import type { Fetch } from '../../net/fetch.ts'
import type { Clock } from '../../net/net.ts'
import { retry } from '../../net/retry.ts'

export interface Web {
  fetch: Fetch
  clock: Clock
}

/** A request to which nothing has come for this time (ms) is aborted and retried. */
const SILENCE_TIMEOUT_MS = 30_000
/** Delays (ms) before each retry. */
const RETRY_DELAYS_MS = [500, 1000, 2000, 4000]
/** A MANIFEST or a directory listing: no longer (bytes), and complete after this time (ms). */
const PAGE: Limits = { bytes: 1 << 20, ms: 120_000 }
/** Names that are taken from a directory listing, and the length of each (NAME_MAX). */
const MAX_NAMES = 2000
const MAX_NAME_LENGTH = 255

/** What a body may have: bytes, and time (ms) if it has to be complete by then. */
export interface Limits {
  bytes: number
  ms?: number
}

/**
 * Requests a URL and yields the body in pieces. `onHead` sees the status and headers first, and may throw. Throws
 * BE_FETCH_TOO_LONG, BE_FETCH_FAILED beyond the limits.
 */
export async function* get(
  { fetch, clock }: Web,
  url: string,
  { headers, limits }: { headers?: Record<string, string>; limits: Limits },
  onHead: (head: Response) => void,
): AsyncGenerator<Uint8Array> {
  const abort = new AbortController()
  const onSilence = () => abort.abort(new Error(`silent for ${SILENCE_TIMEOUT_MS / 1000} s`))
  const { bytes, ms } = limits
  const limit = ms === undefined ? undefined : clock.timer(ms, () => abort.abort(slowError(url, ms)))
  let timer = clock.timer(SILENCE_TIMEOUT_MS, onSilence)
  let size = 0
  try {
    const response = await fetch(url, {
      headers: { 'Accept-Encoding': 'identity', ...headers },
      signal: abort.signal,
    })
    onHead(response)
    if (Number(response.headers.get('content-length')) > bytes) throw lengthError(url, bytes)
    for await (const piece of response.body ?? []) {
      timer.cancel()
      size += piece.length
      if (size > bytes) throw lengthError(url, bytes)
      yield piece
      timer = clock.timer(SILENCE_TIMEOUT_MS, onSilence)
    }
  } finally {
    timer.cancel()
    limit?.cancel()
    abort.abort()
  }
}

const lengthError = (url: string, bytes: number): BeError =>
  new BeError('BE_FETCH_TOO_LONG', `${url} is longer than ${bytes / 2 ** 20} MB`, {
    hint: 'is it a mirror of releases? name another one',
  })

const slowError = (url: string, ms: number): BeError =>
  new BeError('BE_FETCH_FAILED', `${url} is not complete after ${ms / 1000} s`, {
    hint: 'name another mirror',
  })

/** The text at a URL; undefined when the server does not have it. Throws BE_FETCH_…. */
export const readPage = (web: Web, url: string): Promise<string | undefined> =>
  retryFetch(web.clock, url, async () => {
    let there = true
    const pieces: Uint8Array[] = []
    const body = get(web, url, { limits: PAGE }, ({ status }) => {
      // Object stores answer 403 for what they do not have.
      there = ![403, 404, 410].includes(status)
      if (there) checkStatus(url, status, 200)
    })
    for await (const piece of body) {
      if (!there) break
      pieces.push(piece)
    }
    return there ? Buffer.concat(pieces).toString('utf8') : undefined
  })

/**
 * The names that the directory listing (HTML) of a web server links to, the first 2000 of them. No character is looked
 * at twice, whatever the page holds.
 */
export function listPage(html: string): string[] {
  const href = /href\s*=\s*["']?(?:\.\/)?/gi
  const value = /[^"'/?#>\s]*/y
  const names: string[] = []
  while (names.length < MAX_NAMES && href.exec(html) !== null) {
    value.lastIndex = href.lastIndex
    const [name] = value.exec(html)!
    href.lastIndex += name.length
    const isDirectory = html[href.lastIndex] === '/'
    const after = html[href.lastIndex + (isDirectory ? 1 : 0)] ?? ''
    const isName = name !== '' && name !== '.' && name !== '..' && name.length <= MAX_NAME_LENGTH
    if (isName && /["'\s>]/.test(after)) names.push(decoded(name))
  }
  return names
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** Throws BE_FETCH_STATUS unless the status is one of `wanted`; with exit `tryAgain` for 429 and 5xx, which are retried. */
export function checkStatus(url: string, status: number, ...wanted: number[]): void {
  if (wanted.includes(status)) return
  throw new BeError('BE_FETCH_STATUS', `${url}: the server answered ${status}`, {
    expected: wanted.join(' or '),
    exit: status >= 500 || status === 429 ? 'tryAgain' : 'unavailable',
  })
}

/**
 * Does `work` again after each temporary failure: a network error, or a BeError with exit `tryAgain`. `progressed`
 * tells whether it got further since the last failure: then the delays begin anew. Throws BeErrors, others as
 * BE_FETCH_FAILED.
 */
export async function retryFetch<T>(
  clock: Clock,
  url: string,
  work: () => Promise<T>,
  progressed?: () => boolean,
): Promise<T> {
  const isTemporary = (error: unknown) => !(error instanceof BeError) || error.exit === 'tryAgain'
  const options = { clock, delaysMs: RETRY_DELAYS_MS, isTemporary, ...(progressed && { progressed }) }
  try {
    return await retry(options, work)
  } catch (error) {
    throw error instanceof BeError ? error : fetchError(url, error)
  }
}

function fetchError(url: string, error: unknown): BeError {
  // The message of fetch() itself is only "fetch failed".
  const cause = (error as { cause?: unknown }).cause ?? error
  const why = errno(cause) ?? reason(cause)
  return new BeError('BE_FETCH_FAILED', `${url} cannot be fetched: ${why}`, {
    hint: 'is the mirror up, and does this host reach it? run it again: it goes on where it stopped',
    cause: error,
  })
}
