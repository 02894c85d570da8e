import assert from 'node:assert/strict'
import type { Endpoint } from '../../src/net/net.ts'
import { UdpSender } from '../../src/net/udp-sender.ts'

const at = (address: string): Endpoint => ({ address, port: 68 })
const NOBODY = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map(n => `10.9.0.${n}`)

describe('net/udp-sender', () => {
  let now: number
  /** Addresses whose datagrams the kernel has taken. */
  let sent: string[]
  let dropped: string[]
  /** Whether the send buffer is full; what was given to the kernel then is taken by `empty`. */
  let full: boolean
  let takeLater: (() => void)[]
  let unresolved: (address: string) => boolean
  let sender: UdpSender

  const empty = () => {
    full = false
    for (const take of takeLater.splice(0)) take()
  }

  beforeEach(() => {
    now = 0
    sent = []
    dropped = []
    full = false
    takeLater = []
    unresolved = address => NOBODY.includes(address)
    sender = new UdpSender({
      raw: {
        isFull: () => takeLater.length > 0,
        send(_, to, done) {
          const take = () => {
            sent.push(to!.address)
            done()
          }
          if (full) takeLater.push(take)
          else take()
        },
      },
      buffer: 40_000,
      neighbours: { isUnresolved: address => unresolved(address) },
      now: () => now,
      onDrop: ({ to, why }) => dropped.push(`${to?.address}: ${why}`),
    })
  })

  it('addresses that do not answer ARP get a quarter of the send buffer, until ARP has given up', () => {
    for (const address of NOBODY) sender.send(Buffer.alloc(300), at(address))
    assert.deepEqual(sent, NOBODY.slice(0, 4), '4 × 2304 of 10,000')
    assert.equal(dropped.length, 6)
    assert.match(dropped[0]!, /^10\.9\.0\.14: .*ARP/)
    sender.send(Buffer.alloc(300), at('10.9.0.2'))
    sender.send(Buffer.alloc(300), at('255.255.255.255'))
    assert.deepEqual(sent.slice(4), ['10.9.0.2', '255.255.255.255'])
    now = 4000
    sent = []
    for (const address of NOBODY) sender.send(Buffer.alloc(300), at(address))
    assert.equal(sent.length, 4)
  })

  it('one of them does not take the part of the others, and gets all when it answers', () => {
    for (let i = 0; i < 10; i++) sender.send(Buffer.alloc(300), at(NOBODY[0]!))
    sender.send(Buffer.alloc(300), at(NOBODY[1]!))
    assert.deepEqual(sent, NOBODY.slice(0, 2))
    unresolved = () => false
    for (let i = 0; i < 10; i++) sender.send(Buffer.alloc(30_000), at(NOBODY[0]!))
    assert.equal(sent.length, 12)
  })

  it('what finds the send buffer full waits its turn', () => {
    full = true
    for (const n of [2, 3, 4]) sender.send(Buffer.alloc(300), at(`10.9.0.${n}`))
    assert.deepEqual(sent, [])
    now = 1000
    empty()
    assert.deepEqual(sent, ['10.9.0.2', '10.9.0.3', '10.9.0.4'])
    assert.deepEqual(dropped, [])
  })

  it('what waited for more than a second is dropped, and what finds a megabyte waiting', () => {
    full = true
    sender.send(Buffer.alloc(300), at('10.9.0.2'))
    for (let i = 0; i < 40; i++) sender.send(Buffer.alloc(32_768), at('10.9.0.3'))
    assert.equal(dropped.length, 8, '32 of them are a megabyte')
    assert.match(dropped[0]!, /too many/)
    dropped = []
    now = 1001
    sender.send(Buffer.alloc(0), at('10.9.0.4'))
    empty()
    assert.deepEqual(sent, ['10.9.0.2', '10.9.0.4'])
    assert.equal(dropped.length, 32)
    assert.match(dropped[0]!, /waited/)
    sender.send(Buffer.alloc(300), at('10.9.0.5'))
    assert.equal(sent.at(-1), '10.9.0.5')
  })
})
