import assert from 'node:assert/strict'
import type { DhcpRequestFields } from '../../src/boot/dhcp.ts'
import { PlanCache } from '../../src/dhcp/plan-cache.ts'
import { SimClock } from '../../src/net/sim/clock.ts'

describe('dhcp/plan-cache', () => {
  it('keeps the plans of the inventory, and 1000 of others, for a minute', async () => {
    const clock = new SimClock()
    const made: string[] = []
    const make = async ({ mac }: DhcpRequestFields) => {
      made.push(mac)
      return { options: [] }
    }
    const cache = new PlanCache(make, clock, mac => mac === 'm1')
    const from = (mac: string) => ({ mac, xid: 1 }) as DhcpRequestFields
    await cache.forDiscover(from('m1'), '10.0.0.1')
    for (let n = 0; n < 12_000; n++) await cache.forDiscover(from(`x${n}`), undefined)
    assert.equal(made.length, 12_001)
    await cache.forRequest(from('m1'), '10.0.0.1')
    await cache.forRequest(from('x11000'), undefined)
    assert.equal(made.length, 12_001, 'used again')
    await cache.forRequest(from('x10999'), undefined)
    assert.equal(made.length, 12_002)
    await clock.advance(60_000)
    await cache.forRequest(from('m1'), '10.0.0.1')
    assert.equal(made.length, 12_003)
  })
})
