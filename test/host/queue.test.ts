import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { FairQueue, mapLimited } from '../../src/host/queue.ts'

describe('host/queue', () => {
  it('runs so many at once, all in the end, and keeps the order of the results', async () => {
    let running = 0
    let most = 0
    const results = await mapLimited([3, 1, 2, 0, 5, 4], 2, async item => {
      most = Math.max(most, ++running)
      for (let i = 0; i < item; i++) await new Promise(setImmediate)
      running--
      return item * 10
    })
    assert.deepEqual(results, [30, 10, 20, 0, 50, 40])
    assert.equal(most, 2)
  })

  it('runs the others when one fails', async () => {
    let done = 0
    const work = mapLimited([1, 2, 3], 1, async item => {
      done++
      if (item === 1) throw new Error('no')
    })
    await assert.rejects(work, /no/)
    await new Promise(setImmediate)
    assert.equal(done, 3)
  })

  it('clients take turns, and the work of each stays in order', async () => {
    const queue = new FairQueue(2)
    const started: string[] = []
    const ends: (() => void)[] = []
    const run = (client: string, n: number) =>
      queue.run(client, async () => {
        started.push(`${client}${n}`)
        await new Promise<void>(end => ends.push(end))
      })
    const all = [1, 2, 3, 4, 5].map(n => run('a', n))
    all.push(run('b', 1), run('b', 2), run('c', 1))
    await new Promise(setImmediate)
    assert.deepEqual(started, ['a1', 'a2'])
    while (ends.length > 0) {
      ends.shift()!()
      await new Promise(setImmediate)
    }
    await Promise.all(all)
    assert.deepEqual(started, ['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2', 'a5'])
  })

  it('work that fails makes room for the next', async () => {
    const queue = new FairQueue(1)
    const fails = queue.run('a', async () => {
      throw new Error('broken')
    })
    const next = queue.run('a', async () => 'done')
    await assert.rejects(fails, /broken/)
    assert.equal(await next, 'done')
  })
})
