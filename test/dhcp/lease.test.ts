import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Lease, readLease, writeLease } from '../../src/dhcp/lease.ts'

const LEASE: Lease = { ip: '192.168.77.130', mac: '52:54:00:77:00:01', state: 'bound', until: 1795380167000 }

describe('dhcp lease line', () => {
  it('is a line that a person can read and that reads back', () => {
    const line = writeLease(LEASE)
    assert.match(line, /^[0-9a-f]{8} bound 52:54:00:77:00:01 192\.168\.77\.130 1795380167000\n$/)
    assert.deepEqual(readLease(line.trimEnd()), LEASE)
  })

  it('cut anywhere or with any byte changed it is no lease', () => {
    const line = writeLease(LEASE).trimEnd()
    for (let at = 0; at < line.length; at++) {
      assert.equal(readLease(line.slice(0, at)), undefined, `cut at ${at}`)
      const other = line[at] === '7' ? '3' : '7'
      assert.equal(readLease(line.slice(0, at) + other + line.slice(at + 1)), undefined, `changed at ${at}`)
    }
  })

  it('any line is a lease or not, never an exception', () => {
    fc.assert(fc.property(fc.string(), line => readLease(line) === undefined))
  })
})
