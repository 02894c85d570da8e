import type http from 'node:http'
import type net from 'node:net'
import { errno, reason } from '../errors/errors.ts'
import { boundTo, listening, unmapped } from './listening.ts'
import type { Endpoint, HttpHandler, Listener } from './net.ts'

/**
 * Limits on connections, each of which may hold half a megabyte of a file in memory: `each` for one client address,
 * `all` in total. A connection without traffic for `silentMs` is closed.
 */
export const HTTP_LIMITS = { each: 256, all: 2048, silentMs: 120_000 }

/** HTTP/1.1 by node:http; see Network.http. */
export async function listenHttp(
  at: Endpoint,
  handler: HttpHandler,
  onMalformed: (from: string, why: string) => void = () => {},
  limits = HTTP_LIMITS,
): Promise<Listener> {
  // Loaded here: it takes as long as Node's whole start, and few commands serve anything.
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    answer(handler, request, response).catch(() => response.destroy())
  })
  server.maxConnections = limits.all
  server.setTimeout(limits.silentMs)
  limitEach(server, limits.each)
  server.on('clientError', (error: Error, socket: net.Socket) => {
    // HPE_…: the parser's errors. A connection that breaks off is none of them.
    if (errno(error)?.startsWith('HPE_')) onMalformed(unmapped(socket.remoteAddress), error.message)
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    else socket.destroy()
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

/** Closes connections of one address beyond the first `most`. */
function limitEach(server: http.Server, most: number): void {
  /** Open connections by address. */
  const open = new Map<string, number>()
  server.on('connection', (socket: net.Socket) => {
    const { remoteAddress = '' } = socket
    const count = (open.get(remoteAddress) ?? 0) + 1
    if (count > most) return socket.destroy()
    open.set(remoteAddress, count)
    socket.once('close', () => {
      const left = open.get(remoteAddress)! - 1
      if (left > 0) open.set(remoteAddress, left)
      else open.delete(remoteAddress)
    })
  })
}

async function answer(handler: HttpHandler, request: http.IncomingMessage, response: http.ServerResponse) {
  request.resume()
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  const { remoteAddress, remotePort = 0 } = request.socket
  let answer: Awaited<ReturnType<HttpHandler>>
  try {
    const from = { address: unmapped(remoteAddress), port: remotePort }
    answer = await handler({ method: request.method ?? 'GET', target: request.url ?? '/', headers, from })
  } catch (error) {
    const body = Buffer.from(`${reason(error)}\n`)
    answer = { status: 500, headers: { 'content-length': String(body.length) }, body }
  }
  response.writeHead(answer.status, answer.headers)
  if (answer.body === undefined || Buffer.isBuffer(answer.body)) response.end(answer.body)
  else await stream(answer.body, response)
}

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
