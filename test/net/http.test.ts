import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { HTTP_LIMITS, listenHttp } from '../../src/net/http.ts'
import type { HttpHandler, Listener } from '../../src/net/net.ts'

const AT = { address: '127.0.0.1', port: 0 }

describe('net/http', () => {
  let listener: Listener
  const sockets: net.Socket[] = []

  const connect = async (): Promise<net.Socket> => {
    const socket = net.connect(listener.local.port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => {}) // reset, where what it sent was never read
    await once(socket, 'connect')
    return socket
  }

  /** Whether a request on this connection is answered; else the server closes it. */
  const isServed = (socket: net.Socket): Promise<boolean> =>
    new Promise(done => {
      socket.once('data', () => done(true)).once('close', () => done(false))
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    })

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await listener.close()
  })

  it('limits the connections of one address', async () => {
    const handler: HttpHandler = async () => ({ status: 204, headers: {} })
    listener = await listenHttp(AT, handler, undefined, { ...HTTP_LIMITS, each: 3 })
    const [first] = [await connect(), await connect(), await connect()]
    assert.equal(await isServed(await connect()), false)
    assert.equal(await isServed(first!), true, 'the earlier ones are still served')
    first!.destroy()
    // One more is allowed as soon as the server has noticed the close.
    while (!(await isServed(await connect())));
  })

  it('closes the connection, and the file, of a client that requests a file and never reads it', async () => {
    let closed = () => {}
    const over = new Promise<void>(done => {
      closed = done
    })
    const body = (async function* () {
      try {
        for (;;) yield Buffer.alloc(256 * 1024)
      } finally {
        closed()
      }
    })()
    const handler: HttpHandler = async () => ({ status: 200, headers: {}, body })
    listener = await listenHttp(AT, handler, undefined, { ...HTTP_LIMITS, silentMs: 50 })
    const socket = await connect()
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await over
  })
})
