import assert from 'node:assert/strict'
import { Neighbours } from '../../src/net/neighbours.ts'

/** A table of Linux 6.12, with a machine that answered, one that did not, and one that is permanent. */
const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
10.9.0.63        0x1         0x0         00:00:00:00:00:00     *        lab0
10.9.0.2         0x1         0x2         52:54:00:12:34:56     *        lab0
10.9.0.3         0x1         0x6         52:54:00:12:34:57     *        lab0
172.16.0.9       0x1         0x0         00:00:00:00:00:00     *        lab0
`

const v4 = (address: string, mac: string, internal = false) => ({
  address,
  mac,
  internal,
  netmask: '255.255.255.0',
  family: 'IPv4' as const,
  cidr: `${address}/24`,
})

describe('net/neighbours', () => {
  let table: string | undefined
  let now: number
  let reads: number
  let neighbours: Neighbours

  beforeEach(() => {
    table = TABLE
    now = reads = 0
    neighbours = new Neighbours({
      table: () => {
        reads++
        return table
      },
      interfaces: () => ({
        lo: [v4('127.0.0.1', '00:00:00:00:00:00', true)],
        lab0: [v4('10.9.0.1', '52:54:00:00:00:01')],
        wg0: [v4('10.10.0.1', '00:00:00:00:00:00')],
      }),
      now: () => now,
    })
  })

  it('tells who answered ARP', () => {
    const unresolved = (address: string) => neighbours.isUnresolved(address)
    assert.equal(unresolved('10.9.0.2'), false)
    assert.equal(unresolved('10.9.0.3'), false, 'permanent')
    assert.equal(unresolved('10.9.0.63'), true)
    assert.equal(unresolved('10.9.0.64'), true, 'not asked yet')
    assert.equal(unresolved('172.16.0.9'), true, 'reached by a route to the interface')
  })

  it('who is not reached by ARP has nothing to answer: broadcasts, routed ones, this host, tunnels', () => {
    const all = ['255.255.255.255', '10.9.0.255', '192.0.2.7', '10.9.0.1', '127.0.0.1', '10.10.0.7']
    assert.deepEqual(
      all.filter(address => neighbours.isUnresolved(address)),
      [],
    )
  })

  it('notices within 50 ms who has answered, and within a second who is gone; reads no more often', () => {
    assert.equal(neighbours.isUnresolved('10.9.0.63'), true)
    table = TABLE.replace(/0x0(?=.*lab0\n10\.9\.0\.2)/, '0x2')
    now = 49
    for (let i = 0; i < 100; i++) neighbours.isUnresolved('10.9.0.63')
    assert.equal(reads, 1)
    now = 50
    assert.equal(neighbours.isUnresolved('10.9.0.63'), false)
    table = TABLE
    now = 1049
    assert.equal(neighbours.isUnresolved('10.9.0.63'), false)
    assert.equal(reads, 2)
    now = 1050
    assert.equal(neighbours.isUnresolved('10.9.0.63'), true)
  })

  it('without a table all count as resolved', () => {
    table = undefined
    assert.equal(neighbours.isUnresolved('10.9.0.64'), false)
    neighbours.isUnresolved('10.9.0.64')
    assert.equal(reads, 1)
  })
})
