import assert from 'node:assert/strict'
import fc from 'fast-check'
import { formatLease, type Lease, parseLease } from '../../../src/dhcp/leases/lease.ts'

const LEASE: Lease = { ip: '192.168.77.130', mac: '52:54:00:77:00:01', state: 'bound', until: 1795380167000 }

describe('dhcp lease line', () => {
  it('is a readable line that reads back', () => {
    const line = formatLease(LEASE)
    assert.match(line, /^[0-9a-f]{8} bound 52:54:00:77:00:01 192\.168\.77\.130 1795380167000\n$/)
    assert.deepEqual(parseLease(line.trimEnd()), LEASE)
  })

  it('a line that is cut, or has any byte changed, is no lease', () => {
    const line = formatLease(LEASE).trimEnd()
    for (let at = 0; at < line.length; at++) {
      assert.equal(parseLease(line.slice(0, at)), undefined, `cut at ${at}`)
      const other = line[at] === '7' ? '3' : '7'
      assert.equal(parseLease(line.slice(0, at) + other + line.slice(at + 1)), undefined, `changed at ${at}`)
    }
  })

  it('never throws, whatever the line is', () => {
    fc.assert(fc.property(fc.string(), line => parseLease(line) === undefined))
  })
})
