import assert from 'node:assert/strict'
import { SimClock } from '../../src/net/sim/clock.ts'
import { WarningLimiter } from '../../src/session/warning-limiter.ts'

describe('complaints', () => {
  it('one for each source and second', async () => {
    const clock = new SimClock()
    const complaints = new WarningLimiter(clock)
    assert.deepEqual(
      ['a', 'a', 'b'].map(source => complaints.allow(source)),
      [true, false, true],
    )
    await clock.advance(999)
    assert.equal(complaints.allow('a'), false)
    await clock.advance(1)
    assert.equal(complaints.allow('a'), true)
  })

  it('the next that is let through tells how many were held back', async () => {
    const clock = new SimClock()
    const complaints = new WarningLimiter(clock)
    assert.deepEqual(
      [complaints.admit('a'), complaints.admit('a'), complaints.admit('a')],
      [0, undefined, undefined],
    )
    await clock.advance(1000)
    assert.deepEqual([complaints.admit('a'), complaints.admit('b')], [2, 0])
  })

  it('a flood from forged sources does not flood the log', () => {
    const complaints = new WarningLimiter(new SimClock())
    const told = Array.from({ length: 5000 }, (_, n) => complaints.allow(`10.0.${n >> 8}.${n & 255}`))
    assert.equal(told.filter(Boolean).length, 64)
  })
})
