import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cache } from '../../../src/be/install/cache.ts'
import { parseManifest } from '../../../src/be/install/manifest.ts'
import { obtain } from '../../../src/be/install/obtain.ts'
import { openSource } from '../../../src/be/install/source.ts'
import { nodeFetch } from '../../../src/net/fetch.ts'
import type { Clock } from '../../../src/net/net.ts'
import { nodeClock } from '../../../src/net/node.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { type Mischief, makeRelease, manifestLine, pack, serveMirror, sha256 } from './mirror.ts'

/** Waits for nothing: what is tried again is tried at once; a silent server is hung up on by the real time. */
const hasty: Clock = { ...nodeClock, timer: (ms, run) => nodeClock.timer(ms > 5000 ? ms : 0, run) }

describe('a distribution set, fetched', () => {
  const tmp = temporaryDirectory()
  let closing: (() => Promise<void>) | undefined
  afterEach(async () => {
    await closing?.()
    closing = undefined
  })
  const path = (name: string) => join(tmp.path, name)
  /** What xz cannot make small. */
  const words = {
    words: createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(300_000)),
  }

  const start = async (mischief?: Mischief, clock = hasty) => {
    makeRelease(path('r'), { base: words })
    const served = await serveMirror(path('r'), mischief)
    closing = served.close
    const set = parseManifest(readFileSync(path('r/MANIFEST'), 'utf8'), 'M')[0]!
    const web = { fetch: nodeFetch, clock }
    const seen: number[] = []
    const from = {
      ...{
        source: await openSource(served.url, web),
        dir: '',
        web,
        cache: new Cache(path('cache')),
        fetcher: 't',
      },
      progress: (_: string, done: number) => seen.push(done),
    }
    return {
      ...served,
      set,
      from,
      seen,
      size: statSync(path('r/base.txz')).size,
      part: `${set.sha256}.t.part`,
    }
  }
  const kept = () => readdirSync(path('cache'))

  it('comes whole, is kept by its checksum, and is not asked for again', async () => {
    const { from, set, requests, seen, size } = await start()
    const file = await obtain(from, set)
    assert.equal(sha256(file), set.sha256)
    assert.equal(seen.at(-1), size)
    assert.equal(await obtain(from, set), file)
    assert.deepEqual(requests, ['/base.txz'])
    assert.deepEqual(kept(), [set.sha256])
  })

  it('goes on from what an earlier run left, by Range', async () => {
    const { from, set, requests, part } = await start()
    from.cache.make()
    writeFileSync(path(`cache/${part}`), readFileSync(path('r/base.txz')).subarray(0, 5000))
    assert.equal(sha256(await obtain(from, set)), set.sha256)
    assert.deepEqual(requests, ['/base.txz bytes=5000-'])
  })

  it('takes a server that knows no Range, and a part that is complete already', async () => {
    const whole: Mischief = (_, response, body) => {
      response.writeHead(200, { 'Content-Length': body.length }).end(body)
      return true
    }
    const { from, set, part } = await start(whole)
    from.cache.make()
    writeFileSync(path(`cache/${part}`), 'something else of an earlier run')
    assert.equal(sha256(await obtain(from, set)), set.sha256)
    await closing?.()
    const again = await start()
    writeFileSync(path(`cache/${again.part}`), readFileSync(path('r/base.txz')))
    assert.equal(
      sha256(await obtain({ ...again.from, cache: new Cache(path('cache')) }, again.set)),
      again.set.sha256,
    )
  })

  it('a part of another file is thrown away, once', async () => {
    const { from, set, requests, part } = await start()
    from.cache.make()
    writeFileSync(path(`cache/${part}`), Buffer.alloc(100, 'x'))
    assert.equal(sha256(await obtain(from, set)), set.sha256)
    assert.deepEqual(requests, ['/base.txz bytes=100-', '/base.txz'])
  })

  it('a connection that breaks again and again gets there, as long as it gets further', async () => {
    const crumbs: Mischief = (request, response, body) => {
      const at = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0)
      if (at + 60 >= body.length) return false
      const headers = { 'Content-Range': `bytes ${at}-${body.length - 1}/${body.length}` }
      response.writeHead(at === 0 ? 200 : 206, { ...headers, 'Content-Length': body.length - at })
      response.write(body.subarray(at, at + Math.ceil(body.length / 20)), () => response.destroy())
      return true
    }
    const { from, set, requests } = await start(crumbs)
    assert.equal(sha256(await obtain(from, set)), set.sha256)
    assert.ok(requests.length > 10)
  })

  it('a server that is ill for a moment is asked again; one that stays ill is named', async () => {
    let ill = 3
    const { from, set } = await start((_, response) => {
      if (ill-- <= 0) return false
      response.writeHead(503).end()
      return true
    })
    assert.equal(sha256(await obtain(from, set)), set.sha256)
    await closing?.()
    const worse = await start((_, response) => {
      response.writeHead(500).end()
      return true
    })
    const cache = new Cache(path('other'))
    await assert.rejects(
      obtain({ ...worse.from, cache }, worse.set),
      beError('BE_FETCH_STATUS', /base\.txz: the server answered 500/),
    )
    assert.equal(worse.requests.length, 5)
  })

  it('a silent server is hung up on, and asked again', async () => {
    let silent = true
    const impatient: Clock = { ...nodeClock, timer: (_, run) => nodeClock.timer(30, run) }
    const { from, set } = await start((_, response) => {
      if (!silent) return false
      silent = false
      response.writeHead(200, { 'Content-Length': 9 }).flushHeaders()
      return true
    }, impatient)
    assert.equal(sha256(await obtain(from, set)), set.sha256)
  })

  it('wrong checksum: expected and got; nothing of it is kept', async () => {
    const { from, set } = await start((_, response, body) => {
      const bad = Buffer.from(body)
      bad[100]! ^= 1
      response.writeHead(200, { 'Content-Length': bad.length }).end(bad)
      return true
    })
    await assert.rejects(
      obtain(from, set),
      beError(
        'BE_INSTALL_CHECKSUM',
        new RegExp(`base\\.txz has SHA-256 [0-9a-f]{64}: expected ${set.sha256}`),
      ),
    )
    assert.deepEqual(kept(), [])
  })

  it('404 and a host that is not there are named, without end', async () => {
    const { from, set, url, requests } = await start()
    const gone = { ...set, file: 'gone.txz' }
    await assert.rejects(obtain(from, gone), beError('BE_FETCH_STATUS', /gone\.txz: the server answered 404/))
    assert.equal(requests.length, 1)
    await closing?.()
    const refused = new RegExp(`${url}/base.txz cannot be fetched: ECONNREFUSED`)
    await assert.rejects(obtain(from, set), beError('BE_FETCH_FAILED', refused))
  })

  it('of a local mirror: read where it lies, checked; what is missing or wrong is named', async () => {
    const { set, from } = await start()
    const source = await openSource(path('r'), from.web)
    assert.equal(await obtain({ ...from, source }, set), path('r/base.txz'))
    pack(path('r/base.txz'), { other: 'file' })
    await assert.rejects(obtain({ ...from, source }, set), beError('BE_INSTALL_CHECKSUM', /copy it again/))
    assert.notEqual(manifestLine(path('r'), 'base').split('\t')[1], set.sha256)
    await assert.rejects(obtain({ ...from, source }, { ...set, file: 'x.txz' }), beError('BE_INSTALL_NO_SET'))
  })
})

describe('what was fetched, kept within bounds', () => {
  const tmp = temporaryDirectory()
  it('what was used last stays', async () => {
    const cache = new Cache(join(tmp.path, 'c'))
    cache.make()
    for (const [name, age] of [
      ['old', 30],
      ['used', 20],
      ['new', 10],
    ] as const) {
      writeFileSync(cache.path(name), Buffer.alloc(1000))
      const then = Date.now() / 1000 - age
      utimesSync(cache.path(name), then, then)
    }
    await cache.touch('old')
    await cache.shrink(2500)
    assert.deepEqual(readdirSync(cache.dir).sort(), ['new', 'old'])
    await cache.shrink(0)
    assert.deepEqual(readdirSync(cache.dir), [])
    await new Cache(join(tmp.path, 'none')).shrink(0)
  })

  it('what another be install is fetching stays; what was begun and forgotten goes', async () => {
    const cache = new Cache(join(tmp.path, 'c'))
    cache.make()
    for (const [name, days] of [
      ['now.a.part', 0],
      ['forgotten.b.part', 2],
    ] as const) {
      writeFileSync(cache.path(name), 'x')
      const then = Date.now() / 1000 - days * 86_400
      utimesSync(cache.path(name), then, then)
    }
    await cache.shrink(0)
    assert.deepEqual(readdirSync(cache.dir), ['now.a.part'])
  })
})
