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
/** Longer than any MANIFEST or directory listing. */
const MAX_PAGE_BYTES = 4 << 20

/** Requests a URL and yields the body in pieces. `onHead` sees the status and headers first, and may throw. */
export async function* get(
  { fetch, clock }: Web,
  url: string,
  headers: Record<string, string>,
  onHead: (head: Response) => void,
): AsyncGenerator<Uint8Array> {
  const abort = new AbortController()
  const onSilence = () => abort.abort(new Error(`silent for ${SILENCE_TIMEOUT_MS / 1000} s`))
  let timer = clock.timer(SILENCE_TIMEOUT_MS, onSilence)
  try {
    const response = await fetch(url, {
      headers: { 'Accept-Encoding': 'identity', ...headers },
      signal: abort.signal,
    })
    onHead(response)
    for await (const piece of response.body ?? []) {
      timer.cancel()
      yield piece
      timer = clock.timer(SILENCE_TIMEOUT_MS, onSilence)
    }
  } finally {
    timer.cancel()
    abort.abort()
  }
}

/** The text at a URL; undefined when the server does not have it. Throws BE_FETCH_STATUS, BE_FETCH_FAILED. */
export const readPage = (web: Web, url: string): Promise<string | undefined> =>
  retryFetch(web.clock, url, async () => {
    let there = true
    const pieces: Uint8Array[] = []
    let size = 0
    const body = get(web, url, {}, ({ status }) => {
      // Object stores answer 403 for what they do not have.
      there = ![403, 404, 410].includes(status)
      if (there) checkStatus(url, status, 200)
    })
    for await (const piece of body) {
      size += piece.length
      if (size > MAX_PAGE_BYTES || !there) break
      pieces.push(piece)
    }
    return there ? Buffer.concat(pieces).toString('utf8') : undefined
  })

/** The names that the directory listing (HTML) of a web server links to. */
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
