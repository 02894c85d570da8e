import assert from 'node:assert/strict'
import type { DhcpReply } from '../../src/boot/dhcp.ts'
import { AddressProbes } from '../../src/dhcp/address-probe.ts'
import { MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
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

describe('dhcp address probe', () => {
  let net: SimNetwork
  let lab: Lab
  /** Hosts that refuse a datagram, after this many ms. */
  let refusing: Map<string, number>
  let probed: string[]

  /** Stands for ICMP, which the simulated network does not have. */
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

  const discover = (n: number) => lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(n) }))
  const take = (n: number, ip: string) =>
    lab.ask(request(MESSAGE_TYPE.request, [requested(ip), serverId(), ...OS], { chaddr: mac(n) }))

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

  it('an address that is in use goes into quarantine, and the client gets another', async () => {
    refusing.set(FIRST, 2)
    const [offer] = await discover(1)
    assert.equal(offer?.yiaddr, FIRST, 'the offer waited for the probe')
    await net.clock.advance(10)
    const conflict = lab.events.find(({ event }) => event === 'dhcp:conflict')
    assert.deepEqual([conflict?.level, conflict?.ip], ['warn', FIRST])
    assert.equal(typeOf((await take(1, FIRST))[0]), MESSAGE_TYPE.nak)
    assert.equal((await discover(1))[0]?.yiaddr, SECOND)
    assert.equal(lab.leases.byIp(FIRST)?.state, 'declined')
  })

  it('the client itself, once it has the address, is no conflict', async () => {
    refusing.set(FIRST, 100)
    await discover(1)
    assert.equal(typeOf((await take(1, FIRST))[0]), MESSAGE_TYPE.ack)
    await net.clock.advance(1000)
    assert.ok(!eventNames(lab).includes('dhcp:conflict'))
    assert.equal(lab.leases.byIp(FIRST)?.state, 'bound')
  })

  it('an answer as late as the second ARP request is ignored', async () => {
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

  it('of many offers at once some are not probed, and all are sent', async () => {
    for (let n = 0; n < 70; n++) assert.equal(typeOf((await discover(n))[0]), MESSAGE_TYPE.offer)
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

  it('detects a host by the ICMP error of a real kernel', async () => {
    const probes = new AddressProbes({ network: nodeNetwork, clock: nodeClock, from: '127.0.0.1' })
    try {
      await new Promise<void>(taken => probes.start('02:00:00:00:00:01', '127.0.0.7', taken))
    } finally {
      probes.stop()
    }
  })
})
