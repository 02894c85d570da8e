import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hardwareAddress } from '../../src/dhcp/hardware-address.ts'
import { option } from '../../src/dhcp/message.ts'
import { type DhcpOption, MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
import { type Lab, mac, OS, request, requested, SERVER, serverId, startLab, typeOf } from './support.ts'

/** RFC 4390: htype 32, hlen 0, the broadcast flag, and a client identifier: here an IAID and a DUID with a GID. */
const BARE = { htype: 32, chaddr: Buffer.alloc(0), flags: 0x8000 }
const guid = (n: number) => `00144f000000${n.toString(16).padStart(4, '0')}`
const duid = (n: number): DhcpOption => [
  61,
  Buffer.from(`ff${guid(n).slice(-8)}0003002080000048fe80000000000000${guid(n)}`, 'hex'),
]

describe('clients whose hardware address does not fit', () => {
  let lab: Lab

  afterEach(() => lab?.stop())

  it('an InfiniBand client without chaddr is served by its client identifier (RFC 4390)', async () => {
    lab = await startLab()
    const addresses: string[] = []
    for (const n of [1, 2]) {
      const [offer] = await lab.ask(request(MESSAGE_TYPE.discover, [duid(n), ...OS], BARE))
      const taking = [requested(offer!.yiaddr), serverId(), duid(n), ...OS]
      const [ack] = await lab.ask(request(MESSAGE_TYPE.request, taking, BARE))
      assert.deepEqual([typeOf(ack), ack?.htype, ack?.chaddr.length], [MESSAGE_TYPE.ack, 32, 0])
      assert.equal(ack!.flags & 0x8000, 0x8000)
      assert.deepEqual(option(ack!, 61), duid(n)[1])
      assert.deepEqual(lab.replies.at(-1)?.to, { address: '255.255.255.255', port: 68 })
      addresses.push(ack!.yiaddr)
    }
    assert.deepEqual(addresses, ['192.168.77.130', '192.168.77.131'])
    const [again] = await lab.ask(request(MESSAGE_TYPE.discover, [duid(1), ...OS], BARE))
    assert.equal(again?.yiaddr, '192.168.77.130', 'known again')
    assert.match(
      lab.leases.byIp('192.168.77.131')?.mac ?? '',
      /:00:14:4f:00:00:00:00:02$/,
      'its GUID can be seen',
    )
  })

  it('its identifier is shown to those who recognise machines', async () => {
    const seen: (string | undefined)[] = []
    lab = await startLab({ recognise: client => seen.push(client.clientId) })
    await lab.ask(request(MESSAGE_TYPE.discover, [duid(1), ...OS], BARE))
    assert.deepEqual(seen, [duid(1)[1].toString('hex')])
  })

  it('through a relay agent the reply has the broadcast flag, though the client forgot it', async () => {
    lab = await startLab()
    const ask = request(MESSAGE_TYPE.discover, [duid(1), ...OS], {
      ...BARE,
      flags: 0,
      giaddr: '192.168.77.9',
    })
    const [offer] = await lab.ask(ask, '192.168.77.9', { address: SERVER, port: 67 })
    assert.equal(offer!.flags & 0x8000, 0x8000)
  })

  it('without an identifier it is named as what it is', async () => {
    lab = await startLab()
    assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.discover, OS, BARE)), [])
    assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.discover, [[61, Buffer.alloc(9)], ...OS], BARE)), [])
    const [told, ...more] = lab.events.filter(({ event }) => event === 'dhcp:malformed')
    assert.match(String(told?.detail?.error), /InfiniBand client \(RFC 4390\) without a client identifier/)
    assert.deepEqual(more, [])
  })

  it('identifiers that differ give addresses that differ, of a length that a lease can have', () => {
    const addressOf = (id: Uint8Array) =>
      hardwareAddress(request(MESSAGE_TYPE.discover, [[61, Buffer.from(id)]], BARE)).toString('hex')
    const ids = fc
      .uint8Array({ minLength: 2, maxLength: 60 })
      .filter(id => id.subarray(1).some(byte => byte > 0))
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const same = Buffer.compare(a, b) === 0
        assert.equal(addressOf(a) === addressOf(b), same)
        assert.ok(addressOf(a).length <= 32 && addressOf(a).length >= 4)
      }),
    )
    const ethernet = { ...request(MESSAGE_TYPE.discover, [duid(1)]), chaddr: mac(1) }
    assert.deepEqual(hardwareAddress(ethernet), mac(1))
  })

  it('complaints name the hardware address, and are limited for each, not for all that have no address', async () => {
    lab = await startLab()
    const broken = (n: number) => {
      const packet = Buffer.alloc(300)
      packet.set([1, 1, 6, 0], 0)
      packet.set(mac(n), 28)
      packet.writeUInt32BE(0xdeadbeef, 236)
      return packet
    }
    for (const n of [1, 2, 1, 2, 1]) await lab.ask(broken(n))
    const told = () => lab.events.filter(({ event }) => event === 'dhcp:malformed')
    assert.deepEqual(
      told().map(({ detail }) => [detail?.from, detail?.chaddr]),
      [
        ['0.0.0.0', '52:54:00:99:00:01'],
        ['0.0.0.0', '52:54:00:99:00:02'],
      ],
    )
    for (let n = 0; n < 500; n++) await lab.ask(broken(n))
    assert.ok(told().length <= 64, `${told().length} lines of a host that makes addresses up`)
    assert.equal(lab.server.counters.malformed, 505)
    const long = broken(1)
    long[2] = 20
    await lab.net.clock.advance(60_000)
    await lab.ask(long)
    assert.match(String(told().at(-1)?.detail?.error), /hardware address of 20 bytes: expected at most 16/)
  })
})
