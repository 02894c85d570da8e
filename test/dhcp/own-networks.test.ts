import assert from 'node:assert/strict'
import { MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
import { type Lab, mac, OS, request, requested, SERVER, serverId, startLab, typeOf } from './support.ts'

const FAR = {
  address: '10.1.0.0',
  netmask: '255.255.255.0',
  router: '10.1.0.1',
  pool: ['10.1.0.100', '10.1.0.101'],
} as const
const UNICAST = { address: SERVER, port: 67 }

describe('requests from networks that are not served', () => {
  let lab: Lab

  afterEach(() => lab.stop())

  const discover = (n: number) => request(MESSAGE_TYPE.discover, OS, { chaddr: mac(n) })
  const told = () =>
    lab.events.filter(({ level }) => level === 'warn').map(({ event, detail }) => [event, detail?.from])

  it('get no answer and no address, and one warning for each source', async () => {
    lab = await startLab({ lab: { relayed: [FAR] } })
    for (let n = 0; n < 50; n++) assert.deepEqual(await lab.ask(discover(n), '203.0.113.9', UNICAST), [])
    const inform = request(MESSAGE_TYPE.inform, OS, { ciaddr: '192.168.77.66' })
    const renewal = request(MESSAGE_TYPE.request, OS, { ciaddr: '192.168.77.130' })
    const bootp = request(0, [], { chaddr: mac(7) })
    const leaseQuery = request(10, OS, { ciaddr: '192.168.77.130' })
    for (const message of [inform, renewal, bootp, leaseQuery]) {
      assert.deepEqual(await lab.ask(message, '203.0.113.10', UNICAST), [])
    }
    assert.deepEqual(told(), [
      ['dhcp:foreign', '203.0.113.9'],
      ['dhcp:foreign', '203.0.113.10'],
    ])
    assert.equal(lab.server.counters.foreign, 54)
    assert.equal(lab.leases.size, 0)
    const [offer] = await lab.ask(discover(99))
    assert.equal(offer?.yiaddr, '192.168.77.130', 'no address was held for them')
  })

  it('as a proxy likewise, on both ports, and through relay agents', async () => {
    lab = await startLab({ mode: 'proxy' })
    const ask = request(MESSAGE_TYPE.discover, [...PXE], { chaddr: mac(1) })
    const boot = request(MESSAGE_TYPE.request, [...PXE], { chaddr: mac(1), ciaddr: '203.0.113.9' })
    assert.deepEqual(await lab.ask(ask, '203.0.113.9', UNICAST), [])
    assert.deepEqual(await lab.ask(boot, '203.0.113.9', { address: SERVER, port: 4011 }), [])
    assert.deepEqual(await lab.ask({ ...ask, giaddr: '203.0.113.1' }, '203.0.113.1', UNICAST), [])
    assert.equal((await lab.ask(ask)).length, 1)
    assert.deepEqual(
      lab.events.filter(({ level }) => level === 'warn').map(({ event }) => event),
      ['dhcp:foreign', 'dhcp:relay-unknown'],
    )
  })

  it('a machine behind a router still renews by unicast, and a relay agent sends from any address of its own', async () => {
    lab = await startLab({ lab: { relayed: [FAR] } })
    const behind = { giaddr: '10.1.0.1', hops: 1 }
    const [offer] = await lab.ask({ ...discover(1), ...behind }, '172.16.0.2', UNICAST)
    const take = request(MESSAGE_TYPE.request, [requested(offer!.yiaddr), serverId(), ...OS], {
      chaddr: mac(1),
      ...behind,
    })
    await lab.ask(take, '172.16.0.2', UNICAST)
    const renewal = request(MESSAGE_TYPE.request, OS, { chaddr: mac(1), ciaddr: offer!.yiaddr })
    assert.equal(typeOf((await lab.ask(renewal, offer!.yiaddr, UNICAST))[0]), MESSAGE_TYPE.ack)
    assert.deepEqual(told(), [])
  })
})

const PXE: typeof OS = [
  [60, Buffer.from('PXEClient:Arch:00007:UNDI:003000')],
  [93, Buffer.of(0, 7)],
  [55, Buffer.of(1, 3, 43, 60, 66, 67)],
]
