import assert from 'node:assert/strict'
import { poll } from '../../src/net/poll.ts'
import { SimClock } from '../../src/net/sim/clock.ts'

describe('net/poll', () => {
  const times = { everyMs: 50, limitMs: 200 }

  it('resolves with the first truthy result, at once or later', async () => {
    const clock = new SimClock()
    const results = [undefined, undefined, 'found', 'too late']
    assert.equal(await clock.until(poll(clock, times, () => results.shift())), 'found')
    assert.equal(clock.monotonic(), 100)
    assert.equal(await poll(clock, times, async () => true), true)
  })

  it('checks once more when the time has passed, and resolves with that result', async () => {
    const clock = new SimClock()
    let checks = 0
    const never = poll(clock, times, () => ++checks < 0)
    assert.equal(await clock.until(never), false)
    assert.deepEqual([checks, clock.monotonic()], [5, 200])
    assert.equal(await poll(clock, { ...times, limitMs: 0 }, () => 0), 0)
  })

  it('rejects with the error of the check', async () => {
    const clock = new SimClock()
    const failing = poll(clock, times, () => {
      throw new Error('gone')
    })
    await assert.rejects(failing, /gone/)
  })
})
