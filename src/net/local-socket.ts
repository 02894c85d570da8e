import { chmodSync, rmSync } from 'node:fs'
import net from 'node:net'
import { dirname } from 'node:path'
import { BeError, reason } from '../errors/errors.ts'
import type { TcpConnection } from './net.ts'

/** Unix-domain stream sockets (unix(4), unix(7)). */

/** One end of a stream. Data that was written before `close` is still sent. */
export type LocalConnection = Pick<TcpConnection, 'write' | 'onData' | 'onClose' | 'close'>

/** The longest path: sun_path of FreeBSD less its NUL. Linux allows four bytes more. */
export const LOCAL_PATH_MOST = 103

/** A connection whose peer leaves this many bytes unread is closed. */
const UNREAD_MOST = 1 << 20

/** Listens at `path`, with access for the owner only. A file that is left there is replaced. Throws BE_LOCAL_SOCKET. */
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
    // Once it listens, a failed accept(2) has no effect here.
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
  socket.on('error', cause => {
    error = cause
  })
  return {
    write(data) {
      if (socket.writableLength > UNREAD_MOST) socket.destroy()
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
    cause: error,
  })
