import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { get, listPage, readPage, type Web } from '../../../src/be/install/http.ts'
import { sleep } from '../../../src/net/net.ts'
import { SimClock } from '../../../src/net/sim/clock.ts'
import { beError } from '../../support/errors.ts'

const MODULE = join(import.meta.dirname, '../../../src/be/install/http.ts')
/** Longer than any busy machine takes for what is done once for each character. */
const STOP_MS = 60_000

describe("a web server's directory listing", () => {
  it('of Apache, nginx and others: names, without links for sorting, parents and slashes', () => {
    const apache =
      '<a href="?C=N;O=D">Name</a> <a href="/pub/">Parent</a> <a href="11.1-RELEASE/">11.1-RELEASE/</a>'
    const nginx = '<a href="../">../</a>\r\n<a href="12.4-RELEASE/">12.4-RELEASE/</a>   01-Jan-2023'
    const other =
      '<A HREF=\'./13.0-RC1/\'>x</A><a class=d href=14.0%2DRELEASE/>x</a><a href="http://x/y">z</a>'
    assert.deepEqual([apache, nginx, other].map(listPage), [
      ['11.1-RELEASE'],
      ['12.4-RELEASE'],
      ['13.0-RC1', '14.0-RELEASE'],
    ])
    assert.deepEqual(listPage('<a href="%zz">x</a> <a href="">y</a>'), ['%zz'])
  })

  it('a hostile page takes no longer than its length', () => {
    // In a process of its own, which can be stopped.
    const pages = `[
      'href='.repeat(2e5), 'href="'.repeat(1e5), 'href="a'.repeat(1e5), "href='\\"".repeat(1e5), 'href=./'.repeat(1e5),
      'href=' + 'a'.repeat(1e6), 'href="' + 'a'.repeat(1e6), 'href' + ' '.repeat(1e6), 'href ='.repeat(1e5),
      'href=a/'.repeat(1e5), 'href'.repeat(2e5),
    ]`
    const script = `import(${JSON.stringify(MODULE)}).then(({ listPage }) => {
      for (const page of ${pages}) console.log(listPage(page).length) })`
    const options = { timeout: STOP_MS, encoding: 'utf8' as const }
    const counts = execFileSync(process.execPath, ['-e', script], options).trim().split('\n')
    assert.equal(counts.length, 11)
    assert.ok(counts.every(count => Number(count) <= 2000))
  })

  it('gives so many names at most, none longer than a name of a file', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `<a href="${i}/">`).join('')
    assert.equal(listPage(many).length, 2000)
    assert.deepEqual(listPage(`<a href="${'a'.repeat(256)}"><a href="${'a'.repeat(255)}">`), [
      'a'.repeat(255),
    ])
  })
})

describe('a mirror that does not end', () => {
  const url = 'http://mirror.example/x'
  const web = (body: () => AsyncGenerator<Uint8Array>, headers = {}): Web & { clock: SimClock } => ({
    clock: new SimClock(),
    fetch: async (_, { signal }) => {
      const pieces = body()
      const source = {
        pull: async (to: ReadableStreamDefaultController) => to.enqueue((await pieces.next()).value),
      }
      const stream = new ReadableStream({
        ...source,
        start: to => signal?.addEventListener('abort', () => to.error(signal.reason)),
      })
      return new Response(stream, { headers })
    },
  })

  it('a page without an end is refused, not cut off', async () => {
    let sent = 0
    const endless = web(async function* () {
      while (true) {
        sent += 65_536
        yield Buffer.alloc(65_536, 'x')
      }
    })
    await assert.rejects(
      endless.clock.until(readPage(endless, url)),
      beError('BE_FETCH_TOO_LONG', /longer than 1 MB/),
    )
    assert.ok(sent < 2 << 20)
  })

  it('a page that comes by the byte is given up', async () => {
    const slow = web(async function* () {
      while (true) {
        await sleep(slow.clock, 29_000)
        yield Buffer.from('x')
      }
    })
    const begun = slow.clock.monotonic()
    await assert.rejects(
      slow.clock.until(readPage(slow, url)),
      beError('BE_FETCH_FAILED', /not complete after 120 s/),
    )
    assert.equal(slow.clock.monotonic() - begun, 120_000)
  })

  it('a body is refused by its announced length, and at its limit when it announced less', async () => {
    const read = async (web: Web) => {
      for await (const _ of get(web, url, { limits: { bytes: 10 } }, () => {})) {
      }
    }
    const pieces = async function* () {
      while (true) yield Buffer.from('four')
    }
    for (const headers of [{ 'Content-Length': '11' }, { 'Content-Length': '9' }, {}]) {
      await assert.rejects(read(web(pieces, headers)), beError('BE_FETCH_TOO_LONG'))
    }
  })
})
