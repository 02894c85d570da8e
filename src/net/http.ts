import type http from 'node:http'
import type net from 'node:net'
import { errno, reason } from '../errors/errors.ts'
import { Budget } from './budget.ts'
import { HttpConnections } from './http-connections.ts'
import { boundTo, listening, unmapped } from './listening.ts'
import type { Endpoint, HttpHandler, HttpLimits, HttpOptions, HttpResponse, Listener } from './net.ts'

export const HTTP_LIMITS: HttpLimits = {
  all: 2048,
  each: 256,
  bytes: 32 << 20,
  requestMs: 10_000,
  silentMs: 60_000,
}

/** How often (ms) requests that take too long are looked for. */
const CHECK_MS = 1000

/** HTTP/1.1 by node:http; see Network.http. */
export async function listenHttp(
  at: Endpoint,
  handler: HttpHandler,
  { onMalformed = () => {}, onRefused = () => {}, ...options }: HttpOptions = {},
): Promise<Listener> {
  const limits = { ...HTTP_LIMITS, ...options.limits }
  const connections = new HttpConnections(limits, onRefused)
  const pieces = new Budget({ total: limits.bytes })
  // Loaded here: it takes as long as Node's whole start, and few commands serve anything.
  const { createServer } = await import('node:http')
  const timeouts = { headersTimeout: limits.requestMs, requestTimeout: limits.requestMs }
  const server = createServer({ ...timeouts, connectionsCheckingInterval: CHECK_MS }, (request, response) => {
    request.resume()
    connections.request(request.socket, () =>
      new Answer({ request, response, connections, pieces }).send(handler).catch(() => {
        response.destroy()
      }),
    )
  })
  // A client may close its side when it has sent its request, and still reads: nc(1), some firmware.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.setTimeout(limits.silentMs)
  server.on('connection', socket => connections.add(socket))
  server.on('clientError', (error: Error, socket: net.Socket) => {
    // HPE_…: the parser's errors. A connection that breaks off is none of them.
    if (errno(error)?.startsWith('HPE_')) onMalformed(unmapped(socket.remoteAddress), error.message)
    if (socket.writable) socket.end(`HTTP/1.1 ${statusLine(error)}\r\nConnection: close\r\n\r\n`)
    socket.destroySoon()
  })
  await listening(server, at)
  return {
    local: boundTo(server),
    close: (graceMs = 0) =>
      new Promise(resolve => {
        const force = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(force)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}

function statusLine(error: Error): string {
  if (errno(error) === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout'
  if (errno(error) === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large'
  return '400 Bad Request'
}

interface AnswerOptions {
  request: http.IncomingMessage
  response: http.ServerResponse
  connections: HttpConnections
  /** Bytes of large pieces of files, by address. */
  pieces: Budget
}

/** The answer to one request. */
class Answer {
  readonly #options: AnswerOptions
  readonly #address: string
  /** Resolves when all was sent, or the connection has closed. */
  readonly #ended: Promise<void>

  constructor(options: AnswerOptions) {
    this.#options = options
    this.#address = unmapped(options.request.socket.remoteAddress)
    this.#ended = new Promise(done => options.response.once('close', done))
  }

  async send(handler: HttpHandler): Promise<void> {
    const { response } = this.#options
    const answer = this.#withinBudget(await this.#ask(handler))
    response.writeHead(answer.status, titleCased(answer.headers))
    if (answer.body === undefined || Buffer.isBuffer(answer.body)) response.end(answer.body)
    else await stream(answer.body, response)
    await this.#ended
  }

  async #ask(handler: HttpHandler): Promise<HttpResponse> {
    const { request, pieces } = this.#options
    const { method = 'GET', url: target = '/', socket } = request
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(request.headers)) {
      headers[name] = Array.isArray(value) ? value.join(', ') : value
    }
    const from = { address: this.#address, port: socket.remotePort ?? 0 }
    const account = {
      reserve: (bytes: number) => pieces.reserve(from.address, bytes),
      release: (bytes: number) => pieces.release(from.address, bytes),
    }
    try {
      return await handler({ method, target, headers, from, memory: account })
    } catch (error) {
      return plain(500, reason(error))
    }
  }

  /** A body that is in memory as a whole stays there until the client has read it. */
  #withinBudget(answer: HttpResponse): HttpResponse {
    if (!Buffer.isBuffer(answer.body)) return answer
    const { connections, request } = this.#options
    if (connections.hold(request.socket, answer.body.length, this.#ended)) return answer
    return plain(503, 'too many responses wait to be read')
  }
}

function plain(status: number, text: string): HttpResponse {
  const body = Buffer.from(`${text}\n`)
  return { status, headers: { 'content-length': String(body.length) }, body }
}

/**
 * `content-length` as `Content-Length`, as Node writes those that it adds itself. Names have no case (RFC 9110, section
 * 5.1), but GRUB before 2.12 (grub-core/net/http.c) and others compare their bytes.
 */
const titleCased = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replace(/(^|-)[a-z]/g, first => first.toUpperCase()),
      value,
    ]),
  )

/** Writes the body piece by piece, each when the one before has been sent; ends early when the connection closes. */
async function stream(body: AsyncIterable<Uint8Array>, response: http.ServerResponse): Promise<void> {
  let done = () => {}
  response.once('close', () => done())
  for await (const piece of body) {
    await new Promise<void>(resolve => {
      done = resolve
      if (response.destroyed) resolve()
      else response.write(piece, () => resolve())
    })
    if (response.destroyed) return
  }
  response.end()
}
