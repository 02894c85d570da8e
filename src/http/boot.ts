import type { BootFile, BootTree } from '../boot/files/boot-file.ts'
import { mayBeAbsent, printable } from '../boot/files/path.ts'
import { BeError, reason } from '../errors/errors.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import { FileBody, type Sent } from './body.ts'
import { directoryPage } from './directory.ts'
import { type Part, parseRange } from './range.ts'
import { targetPath } from './target.ts'

/** Files up to this size (bytes) go out in one piece. */
const SMALL = 64 * 1024

/**
 * Serves boot files over HTTP/1.1 (RFC 9110): GET and HEAD, always with Content-Length, which UEFI HTTP boot and
 * FreeBSD's loader need; one range; an ETag that changes with the file. A directory of a boot environment is there
 * under its name with a slash at the end, as that loader asks for it after a 404 without; see directoryPage.
 * Emits `http:get` when a body has gone out, `http:abort` when the client went away before.
 */
export function bootHandler(files: BootTree, emit: Emit): HttpHandler {
  return async request => {
    const exchange = new Exchange(request, emit)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return exchange.plain(405, 'only GET and HEAD', { allow: 'GET, HEAD' })
    }
    const path = targetPath(request.target)
    if (path === undefined) return exchange.plain(400, 'the path is not %-encoded UTF-8')
    try {
      const entries = path.endsWith('/') ? await files.list(path) : undefined
      if (entries !== undefined) return exchange.page(directoryPage(entries))
      const file = await files.open(path, { address: request.from.address })
      return file === undefined ? exchange.plain(404, 'no such file') : await exchange.file(file)
    } catch (error) {
      return exchange.failure(error)
    }
  }
}

class Exchange {
  readonly #request: HttpRequest
  readonly #emit: Emit
  readonly #head: boolean

  constructor(request: HttpRequest, emit: Emit) {
    this.#request = request
    this.#emit = emit
    this.#head = request.method === 'HEAD'
  }

  async file(file: BootFile): Promise<HttpResponse> {
    const etag = `"${file.version}"`
    const headers: Record<string, string> = {
      'accept-ranges': 'bytes',
      'content-type': file.path.endsWith('.efi') ? 'application/efi' : 'application/octet-stream',
      etag,
    }
    const part = this.#part(file.size, etag)
    if (part === 'unsatisfiable') {
      await file.close()
      return this.plain(416, 'no such range', { 'content-range': `bytes */${file.size}` })
    }
    const { start, length } = part ?? { start: 0, length: file.size }
    headers['content-length'] = String(length)
    if (part !== undefined) headers['content-range'] = `bytes ${start}-${start + length - 1}/${file.size}`
    const status = part === undefined ? 200 : 206
    const body = await this.#body(file, status, { start, length })
    return body === undefined ? { status, headers } : { status, headers, body }
  }

  /** RFC 9110, section 14.2: Range counts for GET only; 13.1.5: and only if If-Range, when there, still fits. */
  #part(size: number, etag: string): Part | 'unsatisfiable' | undefined {
    const condition = this.#request.headers['if-range']
    if (this.#head || (condition !== undefined && condition !== etag)) return undefined
    return parseRange(this.#request.headers.range, size)
  }

  async #body(file: BootFile, status: number, part: Part): Promise<HttpResponse['body']> {
    if (this.#head) {
      await file.close()
      this.#log(status, { bytes: 0 }, 0)
      return undefined
    }
    if (part.length > SMALL) return new FileBody(file, part, sent => this.#log(status, sent, part.length))
    try {
      const bytes = await file.read(part.start, part.length)
      if (bytes.length < part.length) {
        throw new BeError('BE_FILE_CHANGED', `${file.path}: became shorter while it was sent`)
      }
      this.#log(status, { bytes: bytes.length }, part.length)
      return bytes
    } finally {
      await file.close()
    }
  }

  /** An answer in a few words; never what the host's paths or our code look like. */
  plain(status: number, words: string, headers: Record<string, string> = {}): HttpResponse {
    const body = Buffer.from(`${words}\n`)
    this.#log(status, { bytes: 0 }, 0)
    const all = { 'content-type': 'text/plain', 'content-length': String(body.length), ...headers }
    return this.#head ? { status, headers: all } : { status, headers: all, body }
  }

  page(body: Buffer): HttpResponse {
    this.#log(200, { bytes: this.#head ? 0 : body.length }, 0)
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-length': String(body.length) }
    return this.#head ? { status: 200, headers } : { status: 200, headers, body }
  }

  failure(error: unknown): HttpResponse {
    this.#say('http:failed', 'warn', { why: reason(error) })
    const denied = error instanceof BeError && error.exit === 'permission'
    return denied ? this.plain(403, 'permission denied') : this.plain(500, 'the file cannot be read')
  }

  #log(status: number, sent: Sent, length: number): void {
    const detail = { bytes: sent.bytes, status }
    if (sent.error !== undefined) this.#say('http:failed', 'warn', { ...detail, why: reason(sent.error) })
    else if (sent.bytes < length) this.#say('http:abort', 'info', { ...detail, of: length })
    else this.#say('http:get', status === 404 && mayBeAbsent(this.#request.target) ? 'debug' : 'info', detail)
  }

  #say(event: string, level: 'debug' | 'info' | 'warn', detail: Record<string, string | number>): void {
    const { method, target, from } = this.#request
    const file = printable(targetPath(target) ?? target)
    const head = method === 'GET' ? {} : { method: printable(method) }
    this.#emit({ event, level, ip: from.address, detail: { file, ...head, ...detail } })
  }
}
