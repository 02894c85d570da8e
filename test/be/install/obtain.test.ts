import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
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
import { type Interception, makeRelease, manifestLine, pack, serveMirror, sha256 } from './mirror.ts'

/** A clock that skips the pauses before retries, but not the time-out for a silent server. */
const impatient: Clock = { ...nodeClock, timer: (ms, run) => nodeClock.timer(ms > 5000 ? ms : 0, run) }

describe('a distribution set, fetched', () => {
  const tmp = temporaryDirectory()
  let closing: (() => Promise<void>) | undefined
  afterEach(async () => {
    await closing?.()
    closing = undefined
  })
  const path = (name: string) => join(tmp.path, name)
  /** Data that xz cannot compress. */
  const words = {
    words: createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(300_000)),
  }

  const start = async (intercept?: Interception, clock = impatient) => {
    makeRelease(path('r'), { base: words })
    const served = await serveMirror(path('r'), intercept)
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

  it('is downloaded, cached by its checksum, and not requested again', async () => {
    const { from, set, requests, seen, size } = await start()
    const file = await obtain(from, set)
    assert.equal(sha256(file), set.sha256)
    assert.equal(seen.at(-1), size)
    assert.equal(await obtain(from, set), file)
    assert.deepEqual(requests, ['/base.txz'])
    assert.deepEqual(kept(), [set.sha256])
  })

  it('a partial file is resumed by Range', async () => {
    const { from, set, requests, part } = await start()
    from.cache.make()
    writeFileSync(path(`cache/${part}`), readFileSync(path('r/base.txz')).subarray(0, 5000))
    assert.equal(sha256(await obtain(from, set)), set.sha256)
    assert.deepEqual(requests, ['/base.txz bytes=5000-'])
  })

  it('works with a server without Range, and with a partial file that is complete', async () => {
    const whole: Interception = (_, response, body) => {
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

  it('a partial file of another set is discarded, once', async () => {
    const { from, set, requests, part } = await start()
    from.cache.make()
    writeFileSync(path(`cache/${part}`), Buffer.alloc(100, 'x'))
    assert.equal(sha256(await obtain(from, set)), set.sha256)
    assert.deepEqual(requests, ['/base.txz bytes=100-', '/base.txz'])
  })

  it('a connection that breaks is retried as long as each try gets further', async () => {
    const crumbs: Interception = (request, response, body) => {
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

  it('one that always begins anew and breaks, sooner or later, is given up', async () => {
    let tries = 0
    const { from, set } = await start((_, response, body) => {
      const length = ++tries % 2 === 0 ? 1000 : 2000
      response.writeHead(200, { 'Content-Length': body.length })
      response.write(body.subarray(0, length), () => response.destroy())
      return tries < 100
    })
    await assert.rejects(obtain(from, set), beError('BE_FETCH_FAILED'))
    assert.ok(tries < 20)
  })

  it('a server that redirects without an end is given up', async () => {
    const { from, set } = await start((request, response) => {
      response.writeHead(302, { Location: request.url ?? '' }).end()
      return true
    })
    await assert.rejects(obtain(from, set), beError('BE_FETCH_FAILED', /redirect count exceeded/))
  })

  it('a temporary error of the server is retried; a lasting one is reported', async () => {
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

  it('a silent server: the request is aborted and retried', async () => {
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

  it('wrong checksum: the error shows both; the file is not kept', async () => {
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

  it('404 and an unreachable host are reported, without endless retries', async () => {
    const { from, set, url, requests } = await start()
    const gone = { ...set, file: 'gone.txz' }
    await assert.rejects(obtain(from, gone), beError('BE_FETCH_STATUS', /gone\.txz: the server answered 404/))
    assert.equal(requests.length, 1)
    await closing?.()
    const refused = new RegExp(`${url}/base.txz cannot be fetched: ECONNREFUSED`)
    await assert.rejects(obtain(from, set), beError('BE_FETCH_FAILED', refused))
  })

  it('of a local mirror: used in place and verified; a missing or wrong one is reported', async () => {
    const { set, from } = await start()
    const source = await openSource(path('r'), from.web)
    assert.equal(await obtain({ ...from, source }, set), path('r/base.txz'))
    pack(path('r/base.txz'), { other: 'file' })
    await assert.rejects(obtain({ ...from, source }, set), beError('BE_INSTALL_CHECKSUM', /copy it again/))
    assert.notEqual(manifestLine(path('r'), 'base').split('\t')[1], set.sha256)
    await assert.rejects(obtain({ ...from, source }, { ...set, file: 'x.txz' }), beError('BE_INSTALL_NO_SET'))
  })
})
