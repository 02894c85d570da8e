import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { sleep } from '../../../src/net/net.ts'
import { SimClock } from '../../../src/net/sim/clock.ts'

describe('net/sim/clock', () => {
  it('passes an hour at once, but not before a file read in progress has ended', async () => {
    const clock = new SimClock()
    const order: string[] = []
    const work = readFile(import.meta.filename).then(() => order.push('file'))
    await clock.until(
      sleep(clock, 3_600_000).then(() => order.push('hour')),
      4_000_000,
    )
    await work
    assert.deepEqual(order, ['file', 'hour'])
  })

  it('rejects instead of hanging when no timer is left', async () => {
    const clock = new SimClock()
    await assert.rejects(clock.until(new Promise(() => {})), /nothing left to happen/)
  })
})
