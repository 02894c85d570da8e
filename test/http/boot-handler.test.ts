import assert from 'node:assert/strict'
import { get } from 'node:http'
import type { BootTree } from '../../src/boot/files/boot-file.ts'
import { memoryFile } from '../../src/boot/files/memory-file.ts'
import { BeError } from '../../src/errors/errors.ts'
import { bootHandler } from '../../src/http/boot-handler.ts'
import type { HttpRequest } from '../../src/net/net.ts'
import { nodeNetwork } from '../../src/net/node.ts'
import type { SessionEvent } from '../../src/session/event.ts'

const BIG = Buffer.alloc(3_000_000, 'nbe0123456789')

describe('http boot handler', () => {
  let events: SessionEvent[]
  let opened: number
  let closed: number
  let read: number
  let truncated: boolean
  let listed: number

  const files: BootTree = {
    async list(path) {
      listed++
      return path.endsWith('/boot/') ? [{ name: 'kernel', directory: true }] : undefined
    },
    async open(path) {
      if (path === '/denied') throw new BeError('BE_FILE_DENIED', '/denied: permission denied')
      if (path === '/broken') throw new TypeError('cannot read properties of undefined')
      const bytes = new Map([
        ['/boot/loader.efi', Buffer.from('0123456789')],
        ['/empty', Buffer.alloc(0)],
        ['/big', BIG],
        ['/sp ace', Buffer.from('x')],
      ]).get(path.replaceAll(/\/+/g, '/'))
      if (bytes === undefined) return undefined
      opened++
      const file = memoryFile(path, truncated ? bytes.subarray(0, bytes.length / 2) : bytes)
      const close = async () => {
        closed++
      }
      // Reads into the given memory, as a file on disk does.
      const into = async (offset: number, length: number, memory = Buffer.alloc(length)) => {
        const part = await file.read(offset, length)
        read += part.length
        return memory.subarray(0, part.copy(memory))
      }
      return { ...file, size: bytes.length, read: into, close }
    },
  }
  const handler = bootHandler(files, event => events.push(event))
  const ask = async (target: string, headers: Record<string, string> = {}, method = 'GET') => {
    const request: HttpRequest = { method, target, headers, from: { address: '10.0.0.2', port: 4000 } }
    const response = await handler(request)
    const parts: Buffer[] = []
    if (Buffer.isBuffer(response.body)) parts.push(response.body)
    else if (response.body !== undefined)
      for await (const part of response.body) parts.push(Buffer.from(part))
    return { ...response, bytes: Buffer.concat(parts) }
  }

  beforeEach(() => {
    listed = 0
    events = []
    opened = 0
    closed = 0
    read = 0
    truncated = false
  })

  it('serves a loader with its length, which UEFI demands, and reports it', async () => {
    const { status, headers, bytes } = await ask('/boot//loader.efi')
    assert.equal(status, 200)
    assert.equal(headers['content-length'], '10')
    assert.equal(headers['content-type'], 'application/efi')
    assert.equal(bytes.toString(), '0123456789')
    assert.deepEqual(events, [
      {
        event: 'http:get',
        level: 'info',
        ip: '10.0.0.2',
        detail: { file: '/boot//loader.efi', bytes: 10, status: 200 },
      },
    ])
    assert.equal(closed, 1)
  })

  it('answers HEAD like GET but without a body, as OVMF asks first', async () => {
    const head = await ask('/big', {}, 'HEAD')
    const full = await ask('/big')
    assert.deepEqual([head.status, head.headers, head.body], [full.status, full.headers, undefined])
    assert.ok(full.bytes.equals(BIG))
    assert.equal(opened, closed)
  })

  it('serves an empty file', async () => {
    const { status, headers, bytes } = await ask('/empty')
    assert.deepEqual([status, headers['content-length'], bytes.length], [200, '0', 0])
  })

  it('serves single ranges: a loader that reads a kernel piecemeal need not fetch it whole', async () => {
    const cases: [range: string, status: number, contentRange: string | undefined, text: string][] = [
      ['bytes=0-3', 206, 'bytes 0-3/10', '0123'],
      ['bytes=4-', 206, 'bytes 4-9/10', '456789'],
      ['bytes=-3', 206, 'bytes 7-9/10', '789'],
      ['bytes=8-99', 206, 'bytes 8-9/10', '89'],
      ['bytes=10-', 416, 'bytes */10', 'no such range\n'],
      ['bytes=-0', 416, 'bytes */10', 'no such range\n'],
      ['bytes=5-2', 200, undefined, '0123456789'],
      ['bytes=0-1,4-5', 200, undefined, '0123456789'],
      ['lines=0-1', 200, undefined, '0123456789'],
    ]
    for (const [range, status, contentRange, text] of cases) {
      const answer = await ask('/boot/loader.efi', { range })
      assert.equal(answer.status, status, range)
      assert.equal(answer.headers['content-range'], contentRange, range)
      assert.equal(answer.headers['content-length'], String(text.length), range)
      assert.equal(answer.bytes.toString(), text, range)
    }
    const middle = await ask('/big', { range: 'bytes=1000000-2500000' })
    assert.ok(middle.bytes.equals(BIG.subarray(1_000_000, 2_500_001)))
    assert.equal(opened, closed)
  })

  it('sends all when the file changed since the part that the client has (If-Range)', async () => {
    const { headers } = await ask('/big', {}, 'HEAD')
    const same = await ask('/big', { range: 'bytes=0-9', 'if-range': headers.etag! })
    const other = await ask('/big', { range: 'bytes=0-9', 'if-range': '"older"' })
    assert.deepEqual([same.status, other.status], [206, 200])
  })

  it('decodes escapes, drops the query, and takes the absolute form', async () => {
    for (const target of [
      '/sp%20ace',
      '/sp%20ace?x=1',
      'http://10.0.0.1:80/sp%20ace',
      'HTTP://h/sp%20ace#f',
    ]) {
      assert.equal((await ask(target)).status, 200, target)
    }
    for (const target of ['/%', '/%zz', '/%ff']) assert.equal((await ask(target)).status, 400, target)
  })

  it('answers 404 for a missing file, on level info unless it is a name that loaders try', async () => {
    assert.equal((await ask('/nosuch')).status, 404)
    assert.equal((await ask('/m/52-54-00-00-00-01//boot/loader.conf.local')).status, 404)
    assert.deepEqual(
      events.map(e => [e.level, e.detail!.status]),
      [
        ['info', 404],
        ['debug', 404],
      ],
    )
  })

  it("serves a directory under its name with a slash at the end, which FreeBSD's loader requests after a 404", async () => {
    assert.equal((await ask('/be/fb//boot')).status, 404)
    const { status, headers, bytes } = await ask('/be/fb//boot/')
    assert.equal(status, 200)
    assert.match(headers['content-type']!, /^text\/html/)
    assert.equal(headers['content-length'], String(bytes.length))
    assert.match(bytes.toString(), /<a href="kernel\/">/)
    assert.equal((await ask('/be/fb/none/')).status, 404)
    const head = await ask('/be/fb/boot/', {}, 'HEAD')
    assert.deepEqual([head.headers['content-length'], head.bytes.length], [String(bytes.length), 0])
  })

  it('refuses all other methods, and names those that are allowed', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      const { status, headers } = await ask('/boot/loader.efi', {}, method)
      assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method)
    }
    assert.equal(opened, 0)
  })

  it('shows a client no path of the host and no message of an exception, but logs it', async () => {
    const denied = await ask('/denied')
    const broken = await ask('/broken')
    assert.deepEqual([denied.status, denied.bytes.toString()], [403, 'permission denied\n'])
    assert.deepEqual([broken.status, broken.bytes.toString()], [500, 'the file cannot be read\n'])
    const whys = events.filter(e => e.event === 'http:failed').map(e => String(e.detail!.why))
    assert.match(whys[0]!, /BE_FILE_DENIED/)
    assert.match(whys[1]!, /cannot read properties/)
  })

  it('breaks the connection when a file became shorter, so that no client takes half a kernel for a whole one', async () => {
    truncated = true
    await assert.rejects(ask('/big'), { code: 'BE_FILE_CHANGED' })
    assert.equal((await ask('/boot/loader.efi')).status, 500)
    assert.equal(events[0]!.event, 'http:failed')
    assert.equal(opened, closed)
  })

  it('reads no further than the client takes, and closes the file when it goes away', async () => {
    const request = { method: 'GET', target: '/big', headers: {}, from: { address: '10.0.0.2', port: 1 } }
    const pieces = async () => {
      const { body } = await handler(request)
      return (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    }
    const body = await pieces()
    await body.next()
    assert.ok(read <= BIG.length / 2, `${read} bytes read for one piece`)
    await body.return!()
    assert.equal(closed, 1)
    assert.equal(events[0]!.event, 'http:abort')
    assert.equal(events[0]!.detail!.of, BIG.length)
    const unread = await pieces()
    await unread.return!()
    assert.equal(closed, 2)
  })

  it('gives two clients that fetch at once each their own bytes', async () => {
    const answers = await Promise.all([ask('/big'), ask('/big', { range: 'bytes=7-' })])
    assert.ok(answers[0]!.bytes.equals(BIG))
    assert.ok(answers[1]!.bytes.equals(BIG.subarray(7)))
  })

  it('works over a real connection, kept alive from file to file', async () => {
    const listener = await nodeNetwork.http({ address: '127.0.0.1', port: 0 }, handler)
    try {
      const base = `http://127.0.0.1:${listener.local.port}`
      for (const path of ['/big', '/big', '/boot/loader.efi']) {
        const answer = await fetch(base + path)
        const bytes = Buffer.from(await answer.arrayBuffer())
        assert.equal(String(bytes.length), answer.headers.get('content-length'))
      }
      const head = await fetch(`${base}/big`, { method: 'HEAD' })
      assert.equal(head.headers.get('content-length'), String(BIG.length))
      // The client disconnects in the middle.
      await new Promise<void>(resolve => {
        const request = get(`${base}/big`, answer => answer.once('data', () => request.destroy()))
        request.on('error', () => {})
        request.on('close', () => resolve())
      })
    } finally {
      await listener.close(0)
    }
    assert.equal(opened, closed)
  })

  it('reads a directory once for all who ask for it at the same time, and anew afterwards', async () => {
    const pages = await Promise.all(Array.from({ length: 50 }, () => ask('/be/b1/boot/')))
    assert.equal(listed, 1)
    assert.ok(pages.every(({ status, bytes }) => status === 200 && bytes.includes('kernel/')))
    await ask('/be/b1/boot/')
    assert.equal(listed, 2)
  })
})
