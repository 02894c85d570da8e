import assert from 'node:assert/strict'
import type { DhcpReply } from '../../src/boot/client.ts'
import { TYPE } from '../../src/dhcp/options.ts'
import { Probes } from '../../src/dhcp/probe.ts'
import type { Network, UdpOptions } from '../../src/net/net.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import {
  eventNames,
  type Lab,
  mac,
  OS,
  request,
  requested,
  SERVER,
  serverId,
  startLab,
  typeOf,
} from './support.ts'

const FIRST = '192.168.77.130'
const SECOND = '192.168.77.131'

describe('dhcp conflict probe', () => {
  let net: SimNetwork
  let lab: Lab
  /** Hosts that refuse a datagram, after this many ms. */
  let refusing: Map<string, number>
  let probed: string[]

  /** The simulated cable has no ICMP: this stands for it. */
  function withIcmp(): Network {
    const host = net.host(SERVER)
    const udp = async (options: UdpOptions) => {
      const socket = await host.udp(options)
      const peer = options.connect?.address
      if (peer === undefined) return socket
      probed.push(peer)
      let onError = (_: Error) => {}
      return {
        ...socket,
        onError: (listener: typeof onError) => {
          onError = listener
        },
        send: () => {
          const after = refusing.get(peer)
          const refused = Object.assign(new Error('recvmsg ECONNREFUSED'), { code: 'ECONNREFUSED' })
          if (after !== undefined) net.clock.timer(after, () => onError(refused))
        },
      }
    }
    return { udp, tcp: host.tcp.bind(host), listen: host.listen.bind(host), http: host.http.bind(host) }
  }

  const discover = (n: number) => lab.ask(request(TYPE.discover, OS, { chaddr: mac(n) }))
  const take = (n: number, ip: string) =>
    lab.ask(request(TYPE.request, [requested(ip), serverId(), ...OS], { chaddr: mac(n) }))

  beforeEach(async () => {
    net = new SimNetwork()
    refusing = new Map()
    probed = []
    lab = await startLab({ net, network: withIcmp(), probe: true })
  })

  afterEach(async () => {
    await lab.stop()
    await net.clock.advance(1000)
    assert.deepEqual([net.ports.length, net.clock.pending], [0, 0])
  })

  it('an address that answers goes into quarantine, and the client gets another', async () => {
    refusing.set(FIRST, 2)
    const [offer] = await discover(1)
    assert.equal(offer?.yiaddr, FIRST, 'the offer waited for the probe')
    await net.clock.advance(10)
    const conflict = lab.events.find(({ event }) => event === 'dhcp:conflict')
    assert.deepEqual([conflict?.level, conflict?.ip], ['warn', FIRST])
    assert.equal(typeOf((await take(1, FIRST))[0]), TYPE.nak)
    assert.equal((await discover(1))[0]?.yiaddr, SECOND)
    assert.equal(lab.leases.byIp(FIRST)?.state, 'declined')
  })

  it('the client itself, once it has the address, is no conflict', async () => {
    refusing.set(FIRST, 100)
    await discover(1)
    assert.equal(typeOf((await take(1, FIRST))[0]), TYPE.ack)
    await net.clock.advance(1000)
    assert.ok(!eventNames(lab).includes('dhcp:conflict'))
    assert.equal(lab.leases.byIp(FIRST)?.state, 'bound')
  })

  it('an answer as late as the second ARP request is not listened to', async () => {
    refusing.set(FIRST, 1000)
    await discover(1)
    await net.clock.advance(2000)
    assert.ok(!eventNames(lab).includes('dhcp:conflict'))
  })

  it('the address that a machine has is not probed: between its stages it answers by itself', async () => {
    await discover(1)
    await take(1, FIRST)
    await discover(1)
    assert.deepEqual(probed, [FIRST])
  })

  it('in a storm some go unprobed, and all are answered', async () => {
    for (let n = 0; n < 70; n++) assert.equal(typeOf((await discover(n))[0]), TYPE.offer)
    assert.equal(probed.length, 64)
  })

  it('an offer that is made while the server stops starts no probe', async () => {
    await lab.stop()
    let done = (_: DhcpReply) => {}
    const plan = () =>
      new Promise<DhcpReply>(resolve => {
        done = resolve
      })
    lab = await startLab({ net, network: withIcmp(), probe: true, plan })
    await discover(1)
    const stopping = lab.stop()
    done({ options: [] })
    await stopping
    assert.deepEqual([probed, net.clock.pending], [[], 0])
  })

  it('hears a real kernel refuse', async () => {
    const probes = new Probes({ network: nodeNetwork, clock: nodeClock, from: '127.0.0.1' })
    try {
      await new Promise<void>(taken => probes.start('02:00:00:00:00:01', '127.0.0.7', taken))
    } finally {
      probes.stop()
    }
  })
})
