import assert from 'node:assert/strict'
import { decode, encode } from '../../src/dhcp/message.ts'
import { MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import { seededRandom } from '../../src/net/sim/random.ts'
import {
  allDhcp,
  eventNames,
  isRequest,
  mac,
  OS,
  PLAN,
  request,
  requested,
  SERVER,
  serverId,
  startLab,
  typeOf,
} from './support.ts'

describe('dhcp server', () => {
  it('counts malformed packets, reports one a minute for each source, and changes nothing', async () => {
    const lab = await startLab()
    for (let n = 0; n < 100; n++) assert.deepEqual(await lab.ask(Buffer.from('junk'), '192.168.77.66'), [])
    await lab.ask(Buffer.alloc(0), '192.168.77.67')
    const told = lab.events.filter(event => event.event === 'dhcp:malformed')
    assert.equal(lab.server.counters.malformed, 101)
    assert.deepEqual(
      told.map(event => event.detail?.from),
      ['192.168.77.66', '192.168.77.67'],
    )
    assert.match(String(told[0]?.detail?.error), /malformed DHCP message: 4 bytes: expected at least 236/)
    await lab.net.clock.advance(60_000)
    await lab.ask(Buffer.from('junk'), '192.168.77.66')
    assert.equal(eventNames(lab).length, 3)
    assert.equal(lab.leases.size, 0)
    await lab.stop()
  })

  it('ignores replies, and requests without a unicast hardware address', async () => {
    const lab = await startLab()
    const discover = request(MESSAGE_TYPE.discover, OS)
    assert.deepEqual(await lab.ask({ ...discover, op: 2 }), [])
    for (const address of ['', '000000000000', 'ffffffffffff', '01005e000001']) {
      assert.deepEqual(await lab.ask({ ...discover, chaddr: Buffer.from(address, 'hex') }), [], address)
    }
    assert.equal(lab.server.counters.malformed, 4)
    await lab.stop()
  })

  it('drops what comes while 2048 requests are handled, counts it, and says so once a second', async () => {
    let answer = (_: typeof PLAN) => {}
    const plan = new Promise<typeof PLAN>(done => {
      answer = done
    })
    const lab = await startLab({ plan: () => plan, lab: { pool: ['192.168.77.2', '192.168.77.250'] } })
    const discover = request(MESSAGE_TYPE.discover, OS)
    for (let n = 0; n < 2058; n++) {
      const message = encode({ ...discover, xid: n, ciaddr: '192.168.77.9' })
      lab.net.transmit({ address: '0.0.0.0', port: 68 }, { address: '255.255.255.255', port: 67 }, message)
    }
    await lab.net.clock.advance(1)
    assert.equal(lab.server.counters.dropped, 10)
    const told = lab.events.filter(event => event.event === 'dhcp:dropped')
    assert.deepEqual(
      told.map(({ level, detail }) => [level, detail?.why]),
      [['warn', 'too many requests at a time']],
    )
    answer(PLAN)
    await lab.net.clock.advance(1)
    assert.equal((await lab.ask(discover)).length, 1)
    await lab.stop()
  })

  it('after 20,000 mutated packets it still answers, and gave no address twice', async () => {
    const lab = await startLab({ lab: { pool: ['192.168.77.10', '192.168.77.250'] } })
    const originals = allDhcp()
      .filter(([, packet]) => isRequest(packet))
      .map(([, packet]) => packet.payload)
    const random = seededRandom(7)
    for (let n = 0; n < 20_000; n++) {
      const packet = mutate(originals[n % originals.length]!, random)
      lab.net.transmit({ address: '0.0.0.0', port: 68 }, { address: '255.255.255.255', port: 67 }, packet)
      if (n % 2000 === 1999) await lab.net.clock.advance(1)
    }
    const holders = [...lab.leases.all()].filter(lease => lease.state === 'bound')
    assert.equal(new Set(holders.map(lease => lease.mac)).size, holders.length)
    assert.ok((lab.server.counters.offer ?? 0) > 1000, 'the mutations never got past the codec')
    assert.equal(lab.server.counters.failed, undefined)
    await lab.net.clock.advance(61_000)
    const [offer] = await lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(999) }))
    const take = request(MESSAGE_TYPE.request, [requested(offer!.yiaddr), serverId(), ...OS], {
      chaddr: mac(999),
    })
    assert.equal(typeOf((await lab.ask(take))[0]), MESSAGE_TYPE.ack)
    await lab.stop()
  }).timeout(60_000)

  it('as a proxy it still answers after 20,000 mutated packets to both of its ports', async () => {
    const lab = await startLab({ mode: 'proxy' })
    const originals = allDhcp().map(([, packet]) => packet.payload)
    const random = seededRandom(8)
    for (let n = 0; n < 20_000; n++) {
      const to = n % 2 ? { address: '255.255.255.255', port: 67 } : { address: SERVER, port: 4011 }
      lab.net.transmit(
        { address: '192.168.77.9', port: 68 },
        to,
        mutate(originals[n % originals.length]!, random),
      )
      if (n % 2000 === 1999) await lab.net.clock.advance(1)
    }
    assert.equal(lab.server.counters.failed, undefined)
    const first = allDhcp().find(([name]) => name === 'ovmf-loader_lua-nfs')![1]
    assert.equal(typeOf((await lab.ask(first.payload))[0]), MESSAGE_TYPE.offer)
    await lab.stop()
  }).timeout(60_000)

  it('with lost, duplicated and reordered packets all machines boot, each with an address of its own', async () => {
    const lab = await startLab({ lab: { pool: ['192.168.77.10', '192.168.77.59'] } })
    Object.assign(lab.net.impairments, { loss: 0.3, duplication: 0.3, reordering: 0.3 })
    const machines = Array.from({ length: 50 }, (_, n) => bootWithRetries(lab, n))
    const addresses = await lab.net.clock.until(Promise.all(machines))
    assert.equal(new Set(addresses).size, 50)
    await lab.stop()
  })

  it('a port that is taken is refused, and the other socket is closed again', async () => {
    const host = new SimNetwork().host(SERVER)
    await host.udp({ address: SERVER, port: 67 })
    await assert.rejects(startLab({ network: host }), { code: 'BE_PORT_TAKEN' })
    assert.deepEqual(
      host.net.ports.map(port => port.at.address),
      [SERVER],
    )
  })

  it('stops although a plan hangs', async () => {
    const lab = await startLab({ plan: () => new Promise(() => {}) })
    await lab.ask(request(MESSAGE_TYPE.discover, OS))
    await lab.net.clock.until(lab.stop(), 3000)
    assert.equal(lab.net.ports.length, 0)
  })

  it('sends nothing after it was stopped, and leaves no socket and no timer', async () => {
    let done = () => {}
    const lab = await startLab({
      plan: async () => {
        await new Promise<void>(resolve => {
          done = resolve
        })
        return { options: [] }
      },
    })
    await lab.ask(request(MESSAGE_TYPE.discover, OS))
    let stopped = false
    const stopping = lab.stop().then(() => {
      stopped = true
    })
    await new Promise(setImmediate)
    assert.equal(stopped, false, 'stopped while a plan was being made')
    done()
    await stopping
    await lab.net.clock.advance(1000)
    assert.equal(lab.net.sent.filter(packet => packet.from.address === SERVER).length, 0)
    assert.deepEqual([lab.net.ports.length, lab.net.clock.pending], [0, 0])
  })
})

type SimLab = Awaited<ReturnType<typeof startLab>>

/** A machine that repeats its requests until it has its ACK, as firmware does. */
async function bootWithRetries(lab: SimLab, n: number): Promise<string> {
  const me = lab.net.host('0.0.0.0')
  const socket = await me.udp({ address: '0.0.0.0', port: 68 })
  let offered: string | undefined
  let bound: string | undefined
  socket.onMessage(data => {
    const reply = decode(data)
    if (!reply.chaddr.equals(mac(n))) return
    if (typeOf(reply) === MESSAGE_TYPE.offer) offered ??= reply.yiaddr
    if (typeOf(reply) === MESSAGE_TYPE.ack) bound = reply.yiaddr
  })
  const everyone = { address: '255.255.255.255', port: 67 }
  await new Promise<void>(done => {
    const again = () => {
      if (bound !== undefined) return done()
      const chaddr = mac(n)
      const ask =
        offered === undefined
          ? request(MESSAGE_TYPE.discover, OS, { chaddr })
          : request(MESSAGE_TYPE.request, [requested(offered), serverId(), ...OS], { chaddr })
      socket.send(encode(ask), everyone)
      lab.net.clock.timer(200, again)
    }
    again()
  })
  socket.close()
  return bound!
}

/** A copy of the packet with a few bytes changed, cut off or repeated. */
function mutate(original: Buffer, random: () => number): Buffer {
  const packet = Buffer.from(original)
  const below = (n: number) => Math.floor(random() * n)
  for (let n = below(8); n >= 0; n--) packet[below(packet.length)] = below(256)
  // One more in the options, after the cookie.
  if (random() < 0.5) packet[240 + below(packet.length - 240)] = below(256)
  if (random() < 0.2) return packet.subarray(0, below(packet.length))
  if (random() < 0.1) return Buffer.concat([packet, packet.subarray(below(packet.length))])
  return packet
}
