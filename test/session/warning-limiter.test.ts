import assert from 'node:assert/strict'
import { SimClock } from '../../src/net/sim/clock.ts'
import { WarningLimiter } from '../../src/session/warning-limiter.ts'

describe('session/warning-limiter', () => {
  it('allows one for each source and second', async () => {
    const clock = new SimClock()
    const limiter = new WarningLimiter(clock)
    assert.deepEqual(
      ['a', 'a', 'b'].map(source => limiter.allow(source)),
      [true, false, true],
    )
    await clock.advance(999)
    assert.equal(limiter.allow('a'), false)
    await clock.advance(1)
    assert.equal(limiter.allow('a'), true)
  })

  it('the next one that is allowed comes with the number of those suppressed', async () => {
    const clock = new SimClock()
    const limiter = new WarningLimiter(clock)
    assert.deepEqual([limiter.admit('a'), limiter.admit('a'), limiter.admit('a')], [0, undefined, undefined])
    await clock.advance(1000)
    assert.deepEqual([limiter.admit('a'), limiter.admit('b')], [2, 0])
  })

  it('a flood from forged sources does not flood the log', () => {
    const limiter = new WarningLimiter(new SimClock())
    const allowed = Array.from({ length: 5000 }, (_, n) => limiter.allow(`10.0.${n >> 8}.${n & 255}`))
    assert.equal(allowed.filter(Boolean).length, 64)
  })
})
