import type { BootFile, BootTree } from '../boot/files/boot-file.ts'
import { mayBeAbsent, printable } from '../boot/files/path.ts'
import { BeError, reason } from '../errors/errors.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import { directoryPage } from './directory-page.ts'
import { type BodyResult, FileBody, readAll } from './file-body.ts'
import { type ByteRange, parseRange } from './range.ts'
import { targetPath } from './request-target.ts'

/** Files up to this size (bytes) are sent in one piece. */
const SMALL = 64 * 1024

/**
 * Serves boot files over HTTP/1.1 (RFC 9110): GET and HEAD, always with Content-Length, which UEFI HTTP boot and
 * FreeBSD's loader need; one range; an ETag that changes with the file. A directory of a boot environment is served
 * under its name with a slash at the end, which that loader requests after a 404 for the name (directoryPage).
 * Emits `http:get` when a body was sent, `http:abort` when the client disconnected before, `http:failed`.
 */
export function bootHandler(files: BootTree, emit: Emit): HttpHandler {
  const pages = new DirectoryPages(files)
  return async request => {
    const response = new ResponseBuilder(request, emit)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return response.plain(405, 'only GET and HEAD', { allow: 'GET, HEAD' })
    }
    const path = targetPath(request.target)
    if (path === undefined) return response.plain(400, 'the path is not %-encoded UTF-8')
    try {
      const page = path.endsWith('/') ? await pages.get(path) : undefined
      if (page !== undefined) return response.page(page)
      const file = await files.open(path, { address: request.from.address })
      return file === undefined ? response.plain(404, 'no such file') : await response.file(file)
    } catch (error) {
      return response.failure(error)
    }
  }
}

/** Directories as pages; one is read and made once for all who ask for it at the same time. */
class DirectoryPages {
  readonly #files: BootTree
  readonly #pending = new Map<string, Promise<Buffer | undefined>>()

  constructor(files: BootTree) {
    this.#files = files
  }

  /** Undefined: no such directory. */
  get(path: string): Promise<Buffer | undefined> {
    const pending = this.#pending.get(path) ?? this.#make(path)
    this.#pending.set(path, pending)
    return pending
  }

  async #make(path: string): Promise<Buffer | undefined> {
    try {
      const entries = await this.#files.list(path)
      return entries && directoryPage(entries)
    } finally {
      this.#pending.delete(path)
    }
  }
}

/** Builds the response to one request, and logs it. */
class ResponseBuilder {
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
    const range = this.#range(file.size, etag)
    if (range === 'unsatisfiable') {
      await file.close()
      return this.plain(416, 'no such range', { 'content-range': `bytes */${file.size}` })
    }
    const { start, length } = range ?? { start: 0, length: file.size }
    headers['content-length'] = String(length)
    if (range !== undefined) headers['content-range'] = `bytes ${start}-${start + length - 1}/${file.size}`
    const status = range === undefined ? 200 : 206
    const body = await this.#body(file, status, { start, length })
    return body === undefined ? { status, headers } : { status, headers, body }
  }

  /** RFC 9110, section 14.2: Range is for GET only; section 13.1.5: and only if If-Range, when present, matches. */
  #range(size: number, etag: string): ByteRange | 'unsatisfiable' | undefined {
    const condition = this.#request.headers['if-range']
    if (this.#head || (condition !== undefined && condition !== etag)) return undefined
    return parseRange(this.#request.headers.range, size)
  }

  async #body(file: BootFile, status: number, range: ByteRange): Promise<HttpResponse['body']> {
    if (this.#head) {
      await file.close()
      this.#log(status, { bytes: 0 }, 0)
      return undefined
    }
    if (range.length > SMALL) {
      const onEnd = (result: BodyResult) => this.#log(status, result, range.length)
      return new FileBody(file, range, onEnd, this.#request.memory)
    }
    try {
      const bytes = await readAll(file, range.start, range.length)
      this.#log(status, { bytes: bytes.length }, range.length)
      return bytes
    } finally {
      await file.close()
    }
  }

  /** A short text; it must not show paths of the host, nor messages of exceptions. */
  plain(status: number, text: string, headers: Record<string, string> = {}): HttpResponse {
    const body = Buffer.from(`${text}\n`)
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
    this.#report('http:failed', 'warn', { why: reason(error) })
    const denied = error instanceof BeError && error.exit === 'permission'
    return denied ? this.plain(403, 'permission denied') : this.plain(500, 'the file cannot be read')
  }

  #log(status: number, result: BodyResult, length: number): void {
    const detail = { bytes: result.bytes, status }
    if (result.error !== undefined)
      this.#report('http:failed', 'warn', { ...detail, why: reason(result.error) })
    else if (result.bytes < length) this.#report('http:abort', 'info', { ...detail, of: length })
    else
      this.#report('http:get', status === 404 && mayBeAbsent(this.#request.target) ? 'debug' : 'info', detail)
  }

  #report(event: string, level: 'debug' | 'info' | 'warn', detail: Record<string, string | number>): void {
    const { method, target, from } = this.#request
    const file = printable(targetPath(target) ?? target)
    const head = method === 'GET' ? {} : { method: printable(method) }
    this.#emit({ event, level, ip: from.address, detail: { file, ...head, ...detail } })
  }
}
