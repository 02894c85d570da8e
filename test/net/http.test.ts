import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { listenHttp } from '../../src/net/http.ts'
import type { HttpHandler, Listener } from '../../src/net/net.ts'

const AT = { address: '127.0.0.1', port: 0 }

describe('net/http', () => {
  let listener: Listener
  const sockets: net.Socket[] = []

  const connect = async (localAddress = '127.0.0.1'): Promise<net.Socket> => {
    const socket = net.connect({ host: '127.0.0.1', port: listener.local.port, localAddress })
    sockets.push(socket)
    socket.on('error', () => {}) // reset, where what it sent was never read
    await once(socket, 'connect')
    return socket
  }

  /** All that the server sends until it closes the connection. */
  const received = async (socket: net.Socket): Promise<string> => {
    const pieces: Buffer[] = []
    socket.on('data', piece => pieces.push(piece))
    await once(socket, 'close')
    return Buffer.concat(pieces).toString('latin1')
  }

  const nothing: HttpHandler = async () => ({ status: 204, headers: {} })

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
    listener = await listenHttp(AT, nothing, { limits: { each: 3 } })
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
    listener = await listenHttp(AT, handler, { limits: { silentMs: 50 } })
    const socket = await connect()
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await over
  })

  it('writes header names in title case: some clients compare bytes', async () => {
    const handler: HttpHandler = async ({ target }) => {
      if (target === '/broken') throw new Error('broken')
      const headers = {
        'content-length': '1',
        'content-type': 'text/plain',
        'accept-ranges': 'bytes',
        etag: '"1"',
      }
      return { status: target === '/part' ? 206 : 404, headers, body: Buffer.from('x') }
    }
    listener = await listenHttp(AT, handler)
    for (const line of ['GET /part', 'HEAD /none', 'GET /broken', 'GET /none']) {
      const socket = await connect()
      socket.write(`${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      const [head] = (await received(socket)).split('\r\n\r\n')
      const names = head!
        .split('\r\n')
        .slice(1)
        .map(text => text.split(':')[0]!)
      assert.ok(names.includes('Content-Length'), `${line}: ${names}`)
      for (const name of names) assert.match(name, /^[A-Z][a-z]*(-[A-Z][a-z]*)*$/, line)
    }
  })

  it('answers a client that closes its side when it has sent its request', async () => {
    const handler: HttpHandler = async () => {
      await new Promise(setImmediate)
      const body = (async function* () {
        for (let n = 0; n < 100; n++) yield Buffer.alloc(50_000)
      })()
      return { status: 200, headers: { 'content-length': '5000000' }, body }
    }
    listener = await listenHttp(AT, handler)
    const socket = net.connect({ port: listener.local.port, host: '127.0.0.1', allowHalfOpen: true })
    sockets.push(socket)
    socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const all = await received(socket)
    assert.equal(all.length - all.indexOf('\r\n\r\n') - 4, 5_000_000)
  })

  it('answers with 408 a request that does not arrive in time, and closes the connection', async () => {
    listener = await listenHttp(AT, nothing, { limits: { requestMs: 50 } })
    const [silent, slow] = [await connect(), await connect()]
    slow.write('GET / HTTP/1.1\r\nX-')
    for (const text of await Promise.all([received(silent), received(slow)])) {
      assert.match(text, /^HTTP\/1\.1 408 .*Connection: close\r\n/s)
    }
  })

  it('a head that is too long gets 431', async () => {
    listener = await listenHttp(AT, nothing)
    const socket = await connect()
    socket.write(`GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`)
    assert.match(await received(socket), /^HTTP\/1\.1 431 /)
  })

  it('when it is full, the client with most connections loses one that has no request', async () => {
    const refused: string[] = []
    const onRefused = (from: string, why: string) => refused.push(`${from} ${why}`)
    listener = await listenHttp(AT, nothing, { limits: { all: 4 }, onRefused })
    const many = [await connect('127.0.0.2'), await connect('127.0.0.2'), await connect('127.0.0.2')]
    assert.equal(await isServed(many[0]!), true)
    const served = await connect('127.0.0.3')
    assert.equal(await isServed(served), true)
    const ended = once(many[1]!, 'close')
    const client = await connect('127.0.0.4')
    assert.equal(await isServed(client), true)
    await ended
    for (const socket of [many[0]!, many[2]!, served, client]) assert.equal(await isServed(socket), true)
    assert.equal(await isServed(await connect('127.0.0.3')), false, 'it would have as many as the others')
    assert.deepEqual(refused, [
      '127.0.0.2 closed in favour of other clients',
      '127.0.0.3 too many connections',
    ])
  })

  it('a client that sends 17 requests ahead is disconnected; 16 are answered in their order', async () => {
    let running = 0
    const handler: HttpHandler = async ({ target }) => {
      assert.equal(running++, 0, 'one at a time')
      await new Promise(setImmediate)
      running--
      return { status: 200, headers: { 'content-length': String(target.length) }, body: Buffer.from(target) }
    }
    listener = await listenHttp(AT, handler)
    const requests = (count: number) =>
      Array.from({ length: count }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
    const ahead = await connect()
    ahead.end(requests(16))
    const bodies = (await received(ahead)).match(/^\/\d+/gm)
    assert.deepEqual(
      bodies?.map(body => body.replace(/HTTP.*/, '')),
      Array.from({ length: 16 }, (_, n) => `/${n}`),
    )
    const tooFar = await connect()
    tooFar.write(requests(17))
    assert.equal(await received(tooFar), '')
  })

  it('responses that are not read are limited: the client that has most loses one', async () => {
    const body = Buffer.alloc(20_000_000)
    const handler: HttpHandler = async () => ({ status: 200, headers: {}, body })
    const refused: string[] = []
    const onRefused = (from: string, why: string) => refused.push(`${from} ${why}`)
    listener = await listenHttp(AT, handler, { limits: { bytes: 50_000_000 }, onRefused })
    /** Resolves with the status when the response begins; nothing more of it is read. */
    const ask = async (from: string) => {
      const socket = await connect(from)
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      const [head] = await once(socket, 'data')
      socket.pause()
      return { socket, status: String(head).slice(9, 12) }
    }
    const first = await ask('127.0.0.2')
    const second = await ask('127.0.0.2')
    assert.deepEqual([first.status, second.status], ['200', '200'])
    assert.equal((await ask('127.0.0.2')).status, '503')
    first.socket.resume()
    const cut = once(first.socket, 'close')
    assert.equal((await ask('127.0.0.3')).status, '200', 'another client has its share')
    await cut
    assert.deepEqual(refused, [
      '127.0.0.2 too many responses that are not read',
      '127.0.0.2 closed in favour of other clients',
    ])
  })
})
