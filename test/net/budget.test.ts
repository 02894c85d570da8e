import assert from 'node:assert/strict'
import { Budget, Share } from '../../src/net/budget.ts'

describe('net/budget', () => {
  it('limits each source and all of them, and takes nothing when it refuses', () => {
    const budget = new Budget({ total: 100, perSource: 20 })
    assert.ok(budget.reserve('a', 20))
    assert.ok(!budget.reserve('a', 1))
    assert.ok(!budget.reserve('b', 21))
    assert.deepEqual([budget.used('a'), budget.used('b'), budget.all, budget.largest], [20, 0, 20, 20])
  })

  it('leaves as much for the others as one source may have: any number of greedy ones do not use it up', () => {
    const budget = new Budget({ total: 1024 })
    for (let source = 0; source < 9; source++) while (budget.reserve(`greedy ${source}`, 1)) {}
    assert.equal(budget.used('greedy 0'), 512)
    assert.ok(budget.reserve('modest', 1))
  })

  it('a share changes by the difference, and stays as it is when that is refused', () => {
    const budget = new Budget({ total: 100, perSource: 20 })
    const share = new Share(budget, 'a')
    assert.ok(share.set(15))
    assert.ok(!share.set(21))
    assert.equal(budget.used('a'), 15)
    assert.ok(share.set(3))
    assert.equal(budget.used('a'), 3)
  })

  it('gives back in parts, and forgets sources that have nothing', () => {
    const budget = new Budget({ total: 10 })
    budget.reserve('a', 5)
    budget.release('a', 2)
    assert.equal(budget.used('a'), 3)
    budget.release('a', 3)
    assert.deepEqual([budget.used('a'), budget.all], [0, 0])
    assert.ok(budget.reserve('b', 10))
  })
})
