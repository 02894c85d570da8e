import assert from 'node:assert/strict'
import { decode, encode, option } from '../../src/dhcp/message.ts'
import { MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
import { buildReply } from '../../src/dhcp/reply.ts'
import type { SimHost } from '../../src/net/sim/host.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { eventNames, mac, OS, request, requested, SERVER, serverId, startLab, typeOf } from './support.ts'

const OTHER = '192.168.77.53'

/** Another DHCP server, which answers these types of message after a while. */
async function otherServer(net: SimNetwork, types: number[], delayMs = 0): Promise<void> {
  const host = net.host(OTHER)
  const socket = await host.udp({ address: '0.0.0.0', port: 67 })
  socket.onMessage(data => {
    const asked = decode(data)
    const type = option(asked, 53)![0]!
    if (!types.includes(type)) return
    const [to, yiaddr] =
      type === MESSAGE_TYPE.inform ? [asked.ciaddr, '0.0.0.0'] : ['255.255.255.255', '192.168.77.77']
    const reply = buildReply(asked, {
      type: type === MESSAGE_TYPE.inform ? MESSAGE_TYPE.ack : MESSAGE_TYPE.offer,
      server: OTHER,
      yiaddr,
    })
    net.clock.timer(delayMs, () => socket.send(encode(reply), { address: to, port: 68 }))
  })
}

/** A server that refuses another one; runs the simulated clock. */
async function starting(net: SimNetwork, network: SimHost = net.host(SERVER)) {
  return net.clock.until(startLab({ net, network, refuseOtherServer: true }), 5000)
}

describe('dhcp beside another server', () => {
  let net: SimNetwork

  beforeEach(() => {
    net = new SimNetwork()
  })

  for (const [what, types, delayMs] of [
    ['offers an address', [MESSAGE_TYPE.discover], 0],
    [
      'pings for 3 s before it offers, but answers an INFORM',
      [MESSAGE_TYPE.discover, MESSAGE_TYPE.inform],
      400,
    ],
  ] as const) {
    it(`refuses to start where one ${what}, and names it`, async () => {
      await otherServer(net, [...types], delayMs)
      await assert.rejects(
        starting(net),
        (error: Error & { code?: string; exit?: string; line?: string }) => {
          assert.deepEqual([error.code, error.exit], ['BE_DHCP_OTHER_SERVER', 'unavailable'])
          assert.match(
            error.line!,
            /192\.168\.77\.53 is a DHCP server .* dhcp\.mode = "proxy".* dhcp\.authoritative = true/,
          )
          return true
        },
      )
      assert.deepEqual(
        net.ports.map(({ host }) => host.address),
        [OTHER],
        'a socket was left open',
      )
      await net.clock.advance(delayMs)
      assert.equal(net.clock.pending, 0, 'a timer was left')
    })
  }

  it('starts where no server answers, after probes from a made-up client', async () => {
    const lab = await starting(net)
    const asked = net.sent.map(({ data }) => decode(data))
    assert.deepEqual(asked.map(typeOf), [
      MESSAGE_TYPE.inform,
      MESSAGE_TYPE.discover,
      MESSAGE_TYPE.inform,
      MESSAGE_TYPE.discover,
    ])
    for (const { chaddr } of asked) assert.equal(chaddr[0]! & 3, 2, 'locally administered, one host')
    assert.deepEqual(lab.events, [])
    const [offer] = await lab.ask(request(MESSAGE_TYPE.discover, OS))
    assert.equal(typeOf(offer), MESSAGE_TYPE.offer)
    await lab.stop()
    assert.deepEqual([net.ports.length, net.clock.pending], [0, 0])
  })

  it('finds a server by the second probe when the first was lost', async () => {
    Object.assign(net.impairments, { loss: 1 })
    net.clock.timer(300, () => Object.assign(net.impairments, { loss: 0 }))
    await otherServer(net, [MESSAGE_TYPE.discover])
    await assert.rejects(starting(net), { code: 'BE_DHCP_OTHER_SERVER' })
  })

  it('ignores answers to other clients, and malformed packets', async () => {
    const stray = await net.host(OTHER).udp({ address: '0.0.0.0', port: 4000 })
    const everyone = { address: '255.255.255.255', port: 68 }
    const reply = buildReply(request(MESSAGE_TYPE.discover), { type: MESSAGE_TYPE.offer, server: OTHER })
    net.clock.timer(10, () => stray.send(encode(reply), everyone))
    net.clock.timer(20, () => stray.send(Buffer.from('junk'), everyone))
    await (await starting(net)).stop()
  })

  it('starts, with a warning, when a client on this host has the port', async () => {
    const host = net.host(SERVER)
    await host.udp({ address: '0.0.0.0', port: 68 })
    const lab = await starting(net, host)
    assert.deepEqual(eventNames(lab), ['dhcp:search-failed'])
    await lab.stop()
  })

  it('while it runs, a machine that selects the offer of another server is a warning, once a minute', async () => {
    const lab = await starting(net)
    const take = (n: number) =>
      lab.ask(
        request(MESSAGE_TYPE.request, [requested('192.168.77.77'), serverId(OTHER), ...OS], {
          chaddr: mac(n),
        }),
      )
    for (let n = 0; n < 10; n++) await take(n)
    const warned = () => lab.events.filter(({ event }) => event === 'dhcp:other-server')
    assert.deepEqual(
      warned().map(({ level, detail }) => [level, detail?.server]),
      [['warn', OTHER]],
    )
    await net.clock.advance(60_000)
    await take(1)
    assert.equal(warned().length, 2)
    await lab.stop()
  })
})
