import assert from 'node:assert/strict'
import { Throttle } from '../../src/tftp/throttle.ts'

describe('tftp/throttle', () => {
  it('lets one report a second through for each source and counts the rest', () => {
    const throttle = new Throttle()
    assert.equal(throttle.pass('a', 0), 0)
    assert.equal(throttle.pass('a', 500), undefined)
    assert.equal(throttle.pass('b', 500), 0)
    assert.equal(throttle.pass('a', 999), undefined)
    assert.equal(throttle.pass('a', 1000), 2)
  })

  it('does not grow with forged sources', () => {
    const throttle = new Throttle()
    for (let i = 0; i < 100_000; i++) assert.equal(throttle.pass(String(i), 0), 0)
    assert.ok(throttle.size <= 4096)
  })
})
