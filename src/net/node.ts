import net from 'node:net'
import { listenHttp } from './http.ts'
import { bindError, boundTo, listening, unmapped } from './listening.ts'
import { Neighbours } from './neighbours.ts'
import type {
  Clock,
  Drop,
  Endpoint,
  Listener,
  Network,
  TcpConnection,
  TcpOptions,
  UdpOptions,
  UdpSocket,
} from './net.ts'
import { UdpSender } from './udp-sender.ts'

/** The network of this host. */
export const nodeNetwork: Network = { udp, tcp, listen, http: listenHttp }

/** The longest time of setTimeout(): Node turns a longer one into 1 ms. */
const LONGEST_MS = 2 ** 31 - 1

/** The clock of this host. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST_MS))
    return { cancel: () => clearTimeout(timer) }
  },
}

const neighbours = new Neighbours()

async function udp(options: UdpOptions): Promise<UdpSocket> {
  const socket = process.getBuiltinModule('node:dgram').createSocket({
    type: 'udp4',
    lookup: noLookup,
    reuseAddr: options.reuse ?? false,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', error => {
      socket.close() // frees the descriptor
      reject(bindError(error, options, 'UDP'))
    })
    const { fd, address, port } = options
    socket.bind(fd === undefined ? { address, port, exclusive: true } : { fd, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve()
    })
  })
  if (options.broadcast) socket.setBroadcast(true)
  requestBuffer(options.receiveBuffer ?? 0, bytes => socket.setRecvBufferSize(bytes))
  requestBuffer(options.sendBuffer ?? 0, bytes => socket.setSendBufferSize(bytes))
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
  let onDrop: (drop: Drop) => void = () => {}
  socket.on('error', error => onError(error))
  const sender = new UdpSender({
    raw: {
      isFull: () => socket.getSendQueueCount() > 0,
      send(data, to, done) {
        const sent = (error: Error | null) => {
          if (error) onError(error)
          done()
        }
        try {
          if (to === undefined) socket.send(data, sent)
          else socket.send(data, to.port, to.address, sent)
        } catch (error) {
          onError(error as Error) // the destination is port 0, the source port of a forged datagram
        }
      },
    },
    buffer: socket.getSendBufferSize(),
    neighbours,
    now: nodeClock.monotonic,
    onDrop: drop => onDrop(drop),
  })
  let open = true
  return {
    local: { address: socket.address().address, port: socket.address().port },
    send(data, to) {
      if (open) sender.send(data, to)
    },
    onMessage: listener => socket.on('message', (data, from) => listener(data, from)),
    onError: listener => {
      onError = listener
    },
    onDrop: listener => {
      onDrop = listener
    },
    close() {
      sender.close()
      if (open) socket.close()
      open = false
    },
  }
}

/** Below this size (bytes) the default buffer is kept. */
const SMALL_BUFFER = 64 << 10

/**
 * Requests a socket buffer of `bytes`, and halves the size until `ask` no longer throws. Linux silently cuts it to
 * net.core.rmem_max; FreeBSD refuses with ENOBUFS what is above kern.ipc.maxsockbuf (2 MB by default) less its
 * overhead (setsockopt(2); sbreserve() in sys/kern/uipc_sockbuf.c).
 */
export function requestBuffer(bytes: number, ask: (bytes: number) => void): void {
  for (let size = bytes; size >= SMALL_BUFFER; size >>= 1) {
    try {
      ask(size)
      return
    } catch {
      // tried again with half the size
    }
  }
}

/** Keeps dgram from calling the resolver for each packet: all addresses here are dotted IPv4. */
const noLookup = (
  address: string,
  _family: unknown,
  done: (error: null, address: string, family: number) => void,
): void => done(null, address, 4)

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
  let onSent = () => {}
  const sent = () => onSent()
  return {
    write(...pieces) {
      if (socket.writableCorked === 0) {
        socket.cork()
        process.nextTick(uncork)
      }
      for (const [at, piece] of pieces.entries()) {
        if (at < pieces.length - 1) socket.write(piece)
        else socket.write(piece, sent)
      }
    },
    get waiting() {
      return socket.writableLength
    },
    onSent: listener => {
      onSent = listener
    },
    onData: listener => socket.on('data', listener),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    onClose: listener => socket.once('close', () => listener(failure)),
    end() {
      socket.end()
      // A peer that does not close its side must not keep the process from ending.
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
    accept(connection(socket), { address: unmapped(remoteAddress), port: remotePort })
  })
  await listening(server, at)
  return {
    local: boundTo(server),
    close: async () => {
      server.close()
    },
  }
}

/** TCP keep-alive (ms): finds out that a machine was switched off, which closes no connection. */
const KEEPALIVE_MS = 60_000

const timeout = (to: Endpoint): Error =>
  Object.assign(new Error(`no answer from ${to.address}:${to.port}`), { code: 'ETIMEDOUT' })
