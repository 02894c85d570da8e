import assert from 'node:assert/strict'
import { type DhcpMessage, decode, encode, option } from '../../src/dhcp/message.ts'
import { type DhcpOption, MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
import { BeError } from '../../src/errors/errors.ts'
import { addressBytes } from '../../src/net/ipv4.ts'
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

const GATE = '10.1.0.1'
const FAR = {
  address: '10.1.0.0',
  netmask: '255.255.255.0',
  router: GATE,
  pool: ['10.1.0.100', '10.1.0.101'],
} as const
const FARTHER = { address: '10.2.0.0', netmask: '255.255.0.0', router: '10.2.0.1' } as const

/** RFC 3046: circuit id, and RFC 3527's link selection where one is given. */
const relayed = (link?: string): DhcpOption => {
  const circuit = Buffer.from('\x01\x04eth1', 'latin1')
  return [82, link === undefined ? circuit : Buffer.concat([circuit, Buffer.of(5, 4), addressBytes(link)])]
}

describe('dhcp through relay agents', () => {
  let lab: Lab

  const start = (more: Parameters<typeof startLab>[0] = {}) =>
    startLab({ ...more, lab: { relayed: [FAR, FARTHER], ...more.lab } })

  /** A request as a relay agent forwards it: by unicast, from its server port. */
  async function relay(message: DhcpMessage, giaddr = GATE): Promise<DhcpMessage | undefined> {
    const replies = await lab.ask({ ...message, giaddr, hops: 1 }, giaddr, { address: SERVER, port: 67 })
    return replies[0]
  }

  const discover = (n: number, ...options: DhcpOption[]) =>
    request(MESSAGE_TYPE.discover, [...options, ...OS], { chaddr: mac(n) })
  const take = (n: number, ip: string, ...options: DhcpOption[]) =>
    request(MESSAGE_TYPE.request, [requested(ip), serverId(), ...options, ...OS], { chaddr: mac(n) })

  afterEach(() => lab.stop())

  it("a machine gets an address of its own network's pool, the answer goes to the relay agent's port 67", async () => {
    lab = await start()
    const offer = await relay(discover(1))
    assert.equal(offer?.yiaddr, '10.1.0.100')
    const ack = await relay(take(1, '10.1.0.100'))
    assert.deepEqual([typeOf(ack), ack?.giaddr], [MESSAGE_TYPE.ack, GATE])
    assert.deepEqual(
      lab.replies.map(({ to }) => to),
      Array(2).fill({ address: GATE, port: 67 }),
    )
    const [direct] = await lab.ask(discover(2))
    assert.equal(direct?.yiaddr, '192.168.77.130', 'the lab has a pool of its own')
  })

  it('echoes the relay agent information byte for byte', async () => {
    lab = await start()
    const odd: DhcpOption = [82, Buffer.from('01046574683102ff', 'hex')]
    assert.deepEqual(option((await relay(discover(1, odd)))!, 82), odd[1])
  })

  it('link selection names the network, and giaddr is only the address to reply to (RFC 3527)', async () => {
    lab = await start()
    const offer = await relay(discover(1, relayed('10.1.0.0')), '192.168.77.9')
    assert.equal(offer?.yiaddr, '10.1.0.100')
    assert.equal(lab.replies[0]?.to.address, '192.168.77.9')
    assert.equal(await relay(discover(2, relayed('10.9.0.0'))), undefined, 'a network that is not served')
    assert.equal(await relay(discover(3, relayed('10.1.0.0')), '10.9.0.1'), undefined, "a stranger's agent")
  })

  it('sends the server identifier override of the relay agent, so that clients renew through the agent (RFC 5107)', async () => {
    lab = await start()
    const other = '10.1.0.254'
    const override: DhcpOption = [82, Buffer.concat([Buffer.of(11, 4), addressBytes(other)])]
    const offer = await relay(discover(1, override))
    assert.deepEqual(option(offer!, 54), addressBytes(other))
    const take = (server: string) =>
      request(MESSAGE_TYPE.request, [requested('10.1.0.100'), serverId(server), override, ...OS], {
        chaddr: mac(1),
      })
    const ack = await relay(take(other))
    assert.deepEqual([typeOf(ack), option(ack!, 54)], [MESSAGE_TYPE.ack, addressBytes(other)])
    assert.equal(lab.replies.at(-1)?.to.address, GATE)
    assert.equal(await relay(take('10.1.0.253')), undefined, 'it took the offer of a third')
    const straight = await lab.ask(discover(2, override))
    assert.deepEqual(option(straight[0]!, 54), addressBytes(SERVER), 'no relay agent, nobody to obey')
  })

  it("reads Cisco's link selection and server identifier override, 150 and 152, after the standard ones", async () => {
    lab = await start()
    const cisco = (link: string, server: string, more = '') =>
      [
        82,
        Buffer.concat([
          Buffer.from('0206000a8a3b5c00', 'hex'),
          ...[Buffer.of(150, 4), addressBytes(link), Buffer.of(152, 4), addressBytes(server)],
          Buffer.from(more, 'hex'),
        ]),
      ] as DhcpOption
    const option82 = cisco('10.1.0.0', '10.1.0.1')
    const offer = await relay(discover(1, option82), '192.168.77.9')
    assert.equal(offer?.yiaddr, '10.1.0.100')
    assert.deepEqual(option(offer!, 54), addressBytes('10.1.0.1'))
    assert.deepEqual(option(offer!, 82), option82[1], 'echoed byte for byte')
    const both = cisco('10.2.0.0', '10.2.0.1', '05040a0100000b040a0100fe')
    const second = await relay(discover(2, both), '192.168.77.9')
    assert.equal(second?.yiaddr, '10.1.0.101')
    assert.deepEqual(option(second!, 54), addressBytes('10.1.0.254'))
    const vss: DhcpOption = [82, Buffer.from('9701ff9800', 'hex')]
    assert.deepEqual(
      option((await relay(discover(1, vss)))!, 54),
      addressBytes(SERVER),
      'RFC 6607: no address',
    )
  })

  it('the reply goes to the port that a relay agent sent from, where it asks for that (RFC 8357)', async () => {
    lab = await start()
    const ask = async (information: string) => {
      const options: DhcpOption[] = [[82, Buffer.from(information, 'hex')]]
      const message = { ...discover(1, ...options), giaddr: GATE, hops: 1 }
      const seen = lab.net.sent.length
      lab.net.transmit({ address: GATE, port: 49_152 }, { address: SERVER, port: 67 }, encode(message))
      await lab.net.clock.advance(1)
      const reply = lab.net.sent.slice(seen).find(({ from }) => from.address === SERVER)!
      return { to: reply.to, option82: option(decode(reply.data), 82)?.toString('hex') }
    }
    const port = '0104657468311300'
    assert.deepEqual(await ask(port), { to: { address: GATE, port: 49_152 }, option82: port })
    const plain = '010465746831'
    assert.deepEqual(await ask(plain), { to: { address: GATE, port: 67 }, option82: plain })
  })

  it('the subnet selection option names the network, is echoed, and does not change where the reply goes (RFC 3011)', async () => {
    lab = await start()
    const wish: DhcpOption = [118, addressBytes('10.1.0.0')]
    const [direct] = await lab.ask(discover(1, wish))
    assert.equal(direct?.yiaddr, '10.1.0.100')
    assert.deepEqual(option(direct!, 118), wish[1])
    assert.equal(lab.replies.at(-1)?.to.address, '255.255.255.255')
    const offer = await relay(discover(2, wish), '192.168.77.9')
    assert.equal(offer?.yiaddr, '10.1.0.101')
    assert.equal(lab.replies.at(-1)?.to.address, '192.168.77.9')
    assert.equal(
      (await relay(discover(1, wish, relayed('192.168.77.0'))))?.yiaddr,
      '192.168.77.130',
      'RFC 3527',
    )
    assert.deepEqual(await lab.ask(discover(3, [118, addressBytes('10.9.0.0')])), [], 'not served')
    assert.deepEqual(option(direct!, 82), undefined)
    assert.equal(direct!.options.at(-1)?.[0], 118, 'behind the options of the plan')
  })

  it("the ACK to an INFORM goes to the client's address, past the relay agent (RFC 2131, section 4.3.5)", async () => {
    lab = await start()
    const ask = request(MESSAGE_TYPE.inform, OS, { chaddr: mac(1), ciaddr: '10.1.0.55' })
    const ack = await relay(ask)
    assert.deepEqual([typeOf(ack), ack?.yiaddr, ack?.ciaddr], [MESSAGE_TYPE.ack, '0.0.0.0', '10.1.0.55'])
    assert.deepEqual(lab.replies.at(-1)?.to, { address: '10.1.0.55', port: 68 })
    const silent = request(MESSAGE_TYPE.inform, OS, { chaddr: mac(1) })
    await lab.ask(silent, '192.168.77.66', { address: SERVER, port: 67 })
    assert.deepEqual(
      lab.replies.at(-1)?.to,
      { address: '192.168.77.66', port: 68 },
      'its own address is known',
    )
  })

  it('does not answer through an unknown relay agent, with one warning for all its clients', async () => {
    lab = await start()
    for (let n = 0; n < 20; n++) assert.equal(await relay(discover(n), '10.9.9.9'), undefined)
    const told = lab.events.filter(({ level }) => level !== 'debug')
    assert.deepEqual(
      told.map(({ event, detail }) => [event, detail?.giaddr]),
      [['dhcp:relay-unknown', '10.9.9.9']],
    )
    assert.equal(await relay(discover(1), '10.8.8.8'), undefined)
    assert.equal(eventNames(lab).filter(name => name === 'dhcp:relay-unknown').length, 2)
  })

  it('a machine that moved to another network gets a NAK for its address', async () => {
    lab = await start()
    await relay(discover(1))
    await relay(take(1, '10.1.0.100'))
    const reboot = request(MESSAGE_TYPE.request, [requested('10.1.0.100'), ...OS], { chaddr: mac(1) })
    const [nak] = await lab.ask(reboot)
    assert.equal(typeOf(nak), MESSAGE_TYPE.nak)
    const [offer] = await lab.ask(discover(1))
    assert.equal(offer?.yiaddr, '192.168.77.130')
  })

  it('a client that renews by unicast, past the relay agent, is answered at its address', async () => {
    lab = await start()
    await relay(discover(1))
    await relay(take(1, '10.1.0.100'))
    const renewal = request(MESSAGE_TYPE.request, OS, { chaddr: mac(1), ciaddr: '10.1.0.100' })
    const [ack] = await lab.ask(renewal, '10.1.0.100', { address: SERVER, port: 67 })
    assert.deepEqual([typeOf(ack), ack?.yiaddr], [MESSAGE_TYPE.ack, '10.1.0.100'])
    assert.deepEqual(lab.replies.at(-1)?.to, { address: '10.1.0.100', port: 68 })
    const release = request(MESSAGE_TYPE.release, [serverId()], { chaddr: mac(1), ciaddr: '10.1.0.100' })
    await lab.ask(release, '10.1.0.100', { address: SERVER, port: 67 })
    assert.equal(lab.leases.byIp('10.1.0.100')?.state, 'released')
  })

  it("a reservation counts on its own network; elsewhere its machine gets one of that network's pool", async () => {
    const fixed = '10.2.0.9'
    lab = await start({
      reservation: who => (who.endsWith(':01') ? fixed : undefined),
      reservedFor: () => undefined,
    })
    assert.equal((await relay(discover(1), '10.2.0.1'))?.yiaddr, fixed)
    assert.equal((await relay(discover(1)))?.yiaddr, '10.1.0.100')
    assert.equal(await relay(discover(2), '10.2.0.1'), undefined, 'no pool there')
  })

  it('a full pool is reported by its range, and the other pools go on', async () => {
    lab = await start()
    for (const n of [1, 2, 3]) await relay(discover(n))
    const told = lab.events.filter(({ event }) => event === 'dhcp:pool-full')
    assert.deepEqual(
      told.map(({ detail }) => detail?.pool),
      ['10.1.0.100-10.1.0.101'],
    )
    assert.equal((await lab.ask(discover(4)))[0]?.yiaddr, '192.168.77.130')
  })

  it('a plan that fails leaves the machine its own netmask and router', async () => {
    lab = await start({
      plan: async () => {
        throw new BeError('BE_NO_LOADER', 'no loader')
      },
    })
    const offer = (await relay(discover(1), '10.1.0.1'))!
    assert.deepEqual(option(offer, 1), addressBytes('255.255.255.0'))
    assert.deepEqual(option(offer, 3), addressBytes(GATE))
    assert.deepEqual(option(offer, 28), addressBytes('10.1.0.255'))
  })
})
