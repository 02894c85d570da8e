import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { mapLimited } from '../../src/host/queue.ts'

describe('host/queue', () => {
  it('lets so many in at once, all in the end, and keeps their order', async () => {
    let inside = 0
    let most = 0
    const results = await mapLimited([3, 1, 2, 0, 5, 4], 2, async item => {
      most = Math.max(most, ++inside)
      for (let i = 0; i < item; i++) await new Promise(setImmediate)
      inside--
      return item * 10
    })
    assert.deepEqual(results, [30, 10, 20, 0, 50, 40])
    assert.equal(most, 2)
  })

  it('one that fails does not keep the others out', async () => {
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
