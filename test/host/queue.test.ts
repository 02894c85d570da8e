import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { mapLimited } from '../../src/host/queue.ts'

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
})
