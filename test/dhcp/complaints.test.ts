import assert from 'node:assert/strict'
import { Complaints } from '../../src/dhcp/complaints.ts'
import { SimClock } from '../../src/net/sim.ts'

describe('dhcp complaints', () => {
  it('one for each source and second', async () => {
    const clock = new SimClock()
    const complaints = new Complaints(clock)
    assert.deepEqual(
      ['a', 'a', 'b'].map(source => complaints.allow(source)),
      [true, false, true],
    )
    await clock.advance(999)
    assert.equal(complaints.allow('a'), false)
    await clock.advance(1)
    assert.equal(complaints.allow('a'), true)
  })

  it('a flood from forged sources does not flood the log', () => {
    const complaints = new Complaints(new SimClock())
    const told = Array.from({ length: 5000 }, (_, n) => complaints.allow(`10.0.${n >> 8}.${n & 255}`))
    assert.equal(told.filter(Boolean).length, 64)
  })
})
