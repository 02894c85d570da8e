import assert from 'node:assert/strict'
import { Coalescer } from '../../src/lab/coalesce.ts'

describe('lab/coalesce', () => {
  let now: number
  let asked: number
  let pending: { done(value: string): void; fail(error: Error): void }[]
  let coalesce: Coalescer<string>

  beforeEach(() => {
    now = 0
    asked = 0
    pending = []
    const clock = { now: () => now, monotonic: () => now, timer: () => ({ cancel() {} }) }
    coalesce = new Coalescer(clock, 100)
  })

  const get = (key = 'k'): Promise<string> =>
    coalesce.get(key, () => {
      asked++
      return new Promise((done, fail) => pending.push({ done, fail }))
    })

  it('makes one request for all callers, however long the answer takes', async () => {
    const first = get()
    now = 10_000
    const second = get()
    pending[0]!.done('a')
    assert.deepEqual(await Promise.all([first, second]), ['a', 'a'])
    assert.equal(asked, 1)
  })

  it('reuses an answer for the given time from its arrival', async () => {
    const first = get()
    now = 1000
    pending[0]!.done('a')
    await first
    now = 1099
    assert.equal(await get(), 'a')
    now = 1100
    void get()
    assert.equal(asked, 2)
  })

  it('keeps no failure: the next call makes a request', async () => {
    const both = [get(), get()]
    pending[0]!.fail(new Error('down'))
    for (const one of both) await assert.rejects(one, /down/)
    const again = get()
    pending[1]!.done('up')
    assert.equal(await again, 'up')
    assert.equal(await get(), 'up')
  })

  it('keeps the answers of keys apart', async () => {
    const [a, b] = [get('a'), get('b')]
    pending[1]!.done('B')
    pending[0]!.done('A')
    assert.deepEqual(await Promise.all([a, b]), ['A', 'B'])
  })
})
