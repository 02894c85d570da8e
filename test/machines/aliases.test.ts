import assert from 'node:assert/strict'
import { Aliases } from '../../src/machines/aliases.ts'

describe('other interfaces of machines', () => {
  it('sixteen of each machine are remembered; who claims to be one machine displaces those of no other', () => {
    const aliases = new Aliases()
    aliases.add('a', 'm1')
    for (let n = 0; n < 12_000; n++) aliases.add(`x${n}`, 'm2')
    const kept = Array.from({ length: 12_000 }, (_, n) => aliases.get(`x${n}`)).filter(Boolean)
    assert.equal(kept.length, 16)
    assert.deepEqual([aliases.get('a'), aliases.get('x11999')], ['m1', 'm2'])
  })

  it('an interface that is seen again stays, and may move to another machine', () => {
    const aliases = new Aliases()
    aliases.add('a', 'm1')
    for (let n = 0; n < 100; n++) {
      aliases.add(`x${n}`, 'm1')
      aliases.add('a', 'm1')
    }
    assert.equal(aliases.get('a'), 'm1')
    aliases.add('a', 'm2')
    assert.equal(aliases.get('a'), 'm2')
    aliases.delete('a')
    assert.equal(aliases.get('a'), undefined)
  })
})
