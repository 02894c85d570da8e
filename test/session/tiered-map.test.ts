import assert from 'node:assert/strict'
import { TieredMap } from '../../src/session/tiered-map.ts'

describe('session/tiered-map', () => {
  it('a new entry displaces the oldest of its own tier, and no other', () => {
    const map = new TieredMap<string, number>(2, 3)
    for (const [index, key] of ['a', 'b'].entries()) map.set(key, index, 0)
    const displaced = Array.from({ length: 100 }, (_, n) => map.set(`x${n}`, n, 1))
    assert.deepEqual(displaced.slice(0, 5), [undefined, undefined, undefined, 0, 1])
    assert.deepEqual([...map.values()], [0, 1, 97, 98, 99])
    assert.equal(map.set('c', 2, 0), 0)
    assert.deepEqual([map.get('a'), map.get('b'), map.get('x99'), map.size], [undefined, 1, 99, 5])
  })

  it('an entry that is set again is the newest, and moves to another tier', () => {
    const map = new TieredMap<string, number>(2, 2)
    map.set('a', 1, 1)
    map.set('b', 2, 1)
    map.set('a', 3, 1)
    assert.equal(map.set('c', 4, 1), 2)
    map.set('a', 5, 0)
    assert.deepEqual([...map.values()], [5, 4])
    map.deleteOld(value => value === 5)
    assert.deepEqual([map.get('a'), map.get('c')], [undefined, 4])
    assert.equal(map.delete('c'), true)
    assert.equal(map.delete('c'), false)
  })
})
