import assert from 'node:assert/strict'
import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { follow } from '../../src/session/follow.ts'
import { type SessionRecord, serialize } from '../../src/session/record.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const line = (event: string, machine?: string) =>
  serialize({ time: '2026-11-22T20:00:00.000Z', machine, event })

describe('session/follow', () => {
  const tmp = temporaryDirectory()
  let file: string
  let end: AbortController
  beforeEach(() => {
    file = join(tmp.path, 'sessions.jsonl')
    end = new AbortController()
  })
  afterEach(async () => {
    end.abort()
    await following?.return(undefined)
  })

  let following: AsyncGenerator<SessionRecord> | undefined
  const start = (more = {}) => {
    following = follow(file, { signal: end.signal, pollMs: 20, last: Infinity, ...more })
    return following
  }
  const next = async (events: AsyncGenerator<{ event: string }>) => (await events.next()).value?.event

  it('yields the existing records if wanted, and then new ones', async () => {
    writeFileSync(file, line('a'))
    const events = start()
    assert.equal(await next(events), 'a')
    const b = next(events)
    appendFileSync(file, line('b') + line('c'))
    assert.equal(await b, 'b')
    assert.equal(await next(events), 'c')
  })

  it('waits for a log that does not exist yet', async () => {
    const events = start()
    const first = next(events)
    writeFileSync(file, line('a'))
    assert.equal(await first, 'a')
  })

  it('survives rotation: the end of the old file first, then the new one', async () => {
    writeFileSync(file, line('a'))
    const events = start()
    assert.equal(await next(events), 'a')
    appendFileSync(file, line('b'))
    renameSync(file, `${file}.1`)
    writeFileSync(file, line('c'))
    assert.equal(await next(events), 'b')
    assert.equal(await next(events), 'c')
    const d = next(events)
    appendFileSync(file, line('d'))
    assert.equal(await d, 'd')
  })

  it('survives a log that is truncated or removed', async () => {
    writeFileSync(file, line('long'.repeat(50)))
    const events = start()
    await next(events)
    truncateSync(file)
    appendFileSync(file, line('a'))
    assert.equal(await next(events), 'a')
    rmSync(file)
    const b = next(events)
    writeFileSync(file, line('b'))
    assert.equal(await b, 'b')
  })

  it('waits for the end of a line that is being written', async () => {
    const [head, tail] = [line('a').slice(0, 20), line('a').slice(20)]
    writeFileSync(file, head)
    const events = start()
    const first = next(events)
    appendFileSync(file, tail)
    assert.equal(await first, 'a')
  })

  it('skips other machines and lines that are no records', async () => {
    writeFileSync(file, `${line('a', 'm1')}garbage\n\n${line('b', 'm2')}`)
    assert.equal(await next(start({ machine: 'm2' })), 'b')
  })

  it('begins with the last N that match, including those in the rotated file', async () => {
    writeFileSync(`${file}.1`, line('a', 'm1') + line('b', 'm1'))
    writeFileSync(file, line('c', 'm2') + line('d', 'm1'))
    const events = start({ last: 2, machine: 'M1' })
    assert.deepEqual([await next(events), await next(events)], ['b', 'd'])
    const e = next(events)
    appendFileSync(file, line('e', 'm1'))
    assert.equal(await e, 'e')
  })

  it('yields only new records by default', async () => {
    writeFileSync(file, line('old'))
    const events = start({ last: undefined })
    const seen = next(events)
    // Written repeatedly: it is not known when the watch begins.
    const writing = setInterval(() => appendFileSync(file, line('new')), 5)
    assert.equal(await seen, 'new')
    clearInterval(writing)
  })

  it('ends with its signal, also while it waits', async () => {
    const events = start({ pollMs: 1_000_000 })
    const first = events.next()
    end.abort()
    assert.equal((await first).done, true)
  })
})
