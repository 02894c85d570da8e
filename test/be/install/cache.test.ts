import assert from 'node:assert/strict'
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cache } from '../../../src/be/install/cache.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('the cache of downloaded files', () => {
  const tmp = temporaryDirectory()

  it('shrinks by removing the least recently used files', async () => {
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

  it('keeps partial files of the last day, and removes older ones', async () => {
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
