import { chmodSync, rmSync } from 'node:fs'
import net from 'node:net'
import { dirname } from 'node:path'
import { BeError, reason } from '../errors/errors.ts'
import type { TcpConnection } from './net.ts'

/** Stream sockets of this host, named by a path (unix(4), unix(7)). */

/** One end of a stream; what is written before `close` still goes out. */
export type LocalConnection = Pick<TcpConnection, 'write' | 'onData' | 'onClose' | 'close'>

/** sun_path of FreeBSD less its NUL; Linux has four more. */
export const LOCAL_PATH_MOST = 103

/** A reader that stands still is left behind when this much waits for it. */
const WAITING_MOST = 1 << 20

/** Listens at `path` for who may write there: the owner. A socket that somebody left there is replaced. */
export function listenLocal(
  path: string,
  onConnection: (connection: LocalConnection) => void,
): Promise<{ close(): void }> {
  const open = new Set<net.Socket>()
  const server = net.createServer(socket => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    onConnection(connection(socket))
  })
  return new Promise((done, failed) => {
    // A later one, as of a connection that cannot be taken in, ends nothing.
    server.on('error', error => failed(localError(error, path)))
    rmSync(path, { force: true })
    server.listen(path, () => {
      chmodSync(path, 0o600)
      done({
        close() {
          server.close()
          for (const socket of open) socket.end()
        },
      })
    })
  })
}

/** Throws BE_LOCAL_SOCKET. */
export function connectLocal(path: string): Promise<LocalConnection> {
  return new Promise((done, failed) => {
    const socket = net.connect(path)
    socket.once('error', error => failed(localError(error, path)))
    socket.once('connect', () => done(connection(socket)))
  })
}

function connection(socket: net.Socket): LocalConnection {
  let error: Error | undefined
  socket.on('error', broken => {
    error = broken
  })
  return {
    write(data) {
      if (socket.writableLength > WAITING_MOST) socket.destroy()
      else socket.write(data)
    },
    onData: listener => void socket.on('data', listener),
    onClose: listener => void socket.once('close', () => listener(error)),
    close: () => void socket.end(),
  }
}

const localError = (error: unknown, path: string): BeError =>
  new BeError('BE_LOCAL_SOCKET', `${path}: ${reason(error)}`, {
    expected: `a socket that ${dirname(path)} can hold`,
    exit: 'unavailable',
    cause: error,
  })
