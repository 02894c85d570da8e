import dgram from 'node:dgram'
import http from 'node:http'
import net from 'node:net'
import { BeError, errno, reason } from '../errors.ts'
import type {
  Clock,
  Endpoint,
  HttpHandler,
  Listener,
  Network,
  TcpConnection,
  TcpOptions,
  UdpOptions,
  UdpSocket,
} from './net.ts'

/** The host's own network. */
export const nodeNetwork: Network = { udp, tcp, listen, http: listenHttp }

/** Node takes a longer time for none at all. */
const LONGEST_MS = 2 ** 31 - 1

/** The host's own clock. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST_MS))
    return { cancel: () => clearTimeout(timer) }
  },
}

async function udp(options: UdpOptions): Promise<UdpSocket> {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup: asItIs,
    reuseAddr: options.reuse ?? false,
    ...(options.receiveBuffer === undefined ? {} : { recvBufferSize: options.receiveBuffer }),
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', error => {
      socket.close() // or its descriptor stays open
      reject(bindError(error, options, 'UDP'))
    })
    const { fd, address, port } = options
    socket.bind(fd === undefined ? { address, port, exclusive: true } : { fd, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve()
    })
  })
  if (options.broadcast) socket.setBroadcast(true)
  const { connect } = options
  if (connect !== undefined) {
    await new Promise<void>((resolve, reject) => {
      socket.connect(connect.port, connect.address, (error?: Error) => (error ? reject(error) : resolve()))
    }).catch(error => {
      socket.close() // as above
      throw error
    })
  }
  let onError: (error: Error) => void = () => {}
  socket.on('error', error => onError(error))
  const sent = (error: Error | null) => {
    if (error) onError(error)
  }
  let open = true
  return {
    local: { address: socket.address().address, port: socket.address().port },
    send(data, to) {
      if (!open) return
      try {
        if (to === undefined) socket.send(data, sent)
        else socket.send(data, to.port, to.address, sent)
      } catch (error) {
        onError(error as Error) // an answer to port 0, which a datagram may claim to come from
      }
    },
    onMessage: listener => socket.on('message', (data, from) => listener(data, from)),
    onError: listener => {
      onError = listener
    },
    close() {
      if (open) socket.close()
      open = false
    },
  }
}

/** Addresses are dotted here: the resolver, which dgram asks for each packet, has nothing to add. */
const asItIs = (
  address: string,
  _family: unknown,
  done: (error: null, address: string, family: number) => void,
): void => done(null, address, 4)

function bindError(error: Error, at: Endpoint, protocol: string): Error {
  const where = `${protocol} ${at.address}:${at.port}`
  switch (errno(error)) {
    case 'EADDRINUSE':
      return new BeError('BE_PORT_TAKEN', `${where} is in use by another program`, {
        exit: 'unavailable',
        hint: `stop it (see: sockstat -4l, ss -lnp), or choose another port or address`,
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
      return new BeError('BE_PORT_PERMISSION', `may not listen on ${where}`, {
        exit: 'permission',
        hint: 'ports below 1024 need root',
        cause: error,
      })
    case 'EADDRNOTAVAIL':
      return new BeError('BE_ADDRESS_NOT_LOCAL', `${at.address} is not an address of this host`, {
        exit: 'config',
        hint: 'set lab.address to the address of the interface that faces the lab',
        cause: error,
      })
    default:
      return error
  }
}

function tcp(options: TcpOptions): Promise<TcpConnection> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: options.to.address,
      port: options.to.port,
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      ...(options.localPort ? { localPort: options.localPort } : {}),
    })
    socket.setTimeout(options.timeoutMs ?? 5000, () => socket.destroy(timeout(options.to)))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.setTimeout(0)
      resolve(connection(socket))
    })
  })
}

function connection(socket: net.Socket): TcpConnection {
  socket.setNoDelay(true)
  let failure: Error | undefined
  socket.on('error', error => {
    failure = error
  })
  const uncork = () => socket.uncork()
  return {
    write(...pieces) {
      if (socket.writableCorked === 0) {
        socket.cork()
        process.nextTick(uncork)
      }
      for (const piece of pieces) socket.write(piece)
    },
    get waiting() {
      return socket.writableLength
    },
    onDrain: listener => socket.on('drain', listener),
    onData: listener => socket.on('data', listener),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    onClose: listener => socket.once('close', () => listener(failure)),
    end() {
      socket.end()
      // A peer that does not close its side keeps nobody from ending.
      socket.resume().unref()
    },
    close: () => socket.destroy(),
  }
}

async function listen(
  at: Endpoint,
  accept: (connection: TcpConnection, from: Endpoint) => void,
): Promise<Listener> {
  const server = net.createServer(socket => {
    socket.setKeepAlive(true, KEEPALIVE_MS)
    const { remoteAddress, remotePort = 0 } = socket
    accept(connection(socket), { address: plain(remoteAddress), port: remotePort })
  })
  await listening(server, at)
  return {
    local: boundTo(server),
    close: async () => {
      server.close()
    },
  }
}

/** A machine that was switched off says no goodbye. */
const KEEPALIVE_MS = 60_000

async function listening(server: net.Server, at: Endpoint): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(bindError(error, at, 'TCP')))
    server.listen({ host: at.address, port: at.port, exclusive: true }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
  // accept(2) may fail (too many open files); the next one may not.
  server.on('error', () => {})
}

function boundTo(server: net.Server): Endpoint {
  const { address, port } = server.address() as net.AddressInfo
  return { address, port }
}

const timeout = (to: Endpoint): Error =>
  Object.assign(new Error(`no answer from ${to.address}:${to.port}`), { code: 'ETIMEDOUT' })

async function listenHttp(
  at: Endpoint,
  handler: HttpHandler,
  onMalformed: (from: string, why: string) => void = () => {},
): Promise<Listener> {
  const server = http.createServer((request, response) => {
    answer(handler, request, response).catch(() => response.destroy())
  })
  server.on('clientError', (error: Error, socket: net.Socket) => {
    // A client that goes away in the middle is no malformed one.
    if (errno(error)?.startsWith('HPE_')) onMalformed(plain(socket.remoteAddress), error.message)
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

/** IPv4 as IPv4, whatever kind of socket it came by. */
const plain = (address = ''): string => address.replace(/^::ffff:/, '')

async function answer(handler: HttpHandler, request: http.IncomingMessage, response: http.ServerResponse) {
  request.resume()
  const headers: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  const { remoteAddress, remotePort = 0 } = request.socket
  let answer: Awaited<ReturnType<HttpHandler>>
  try {
    const from = { address: plain(remoteAddress), port: remotePort }
    answer = await handler({ method: request.method ?? 'GET', target: request.url ?? '/', headers, from })
  } catch (error) {
    const body = Buffer.from(`${reason(error)}\n`)
    answer = { status: 500, headers: { 'content-length': String(body.length) }, body }
  }
  response.writeHead(answer.status, answer.headers)
  if (answer.body === undefined || Buffer.isBuffer(answer.body)) response.end(answer.body)
  else await stream(answer.body, response)
}

/** Pieces go out one at a time; the wait for each ends with the connection too. */
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
