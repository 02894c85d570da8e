import assert from 'node:assert/strict'
import { LeaseDatabase } from '../../src/dhcp/leases/database.ts'
import { type DhcpMessage, encode, option } from '../../src/dhcp/message.ts'
import { type DhcpOption, MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
import { BeError } from '../../src/errors/errors.ts'
import type { Clock } from '../../src/net/net.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import {
  eventNames,
  type Lab,
  MemoryLog,
  mac,
  OS,
  PLAN,
  request,
  requested,
  SERVER,
  serverId,
  startLab,
  text,
  typeOf,
} from './support.ts'

const POOL_FIRST = '192.168.77.130'

/** DISCOVER and REQUEST of a machine; resolves with its address. */
async function boot(lab: Lab, chaddr: Buffer, options: DhcpOption[] = OS): Promise<string | undefined> {
  const [offer] = await lab.ask(request(MESSAGE_TYPE.discover, options, { chaddr }))
  if (offer === undefined) return undefined
  const take = [requested(offer.yiaddr), serverId(), ...options]
  const [ack] = await lab.ask(request(MESSAGE_TYPE.request, take, { chaddr }))
  assert.equal(typeOf(ack), MESSAGE_TYPE.ack)
  return ack!.yiaddr
}

const codes = (message: DhcpMessage | undefined) => message?.options.map(([code]) => code)

describe('dhcp authority', () => {
  let lab: Lab

  afterEach(() => lab.stop())

  it('OFFER and ACK are the plan, the lease time and this server, and identical but for the type', async () => {
    lab = await startLab()
    await boot(lab, mac(1))
    const [offer, ack] = lab.replies.map(reply => reply.message)
    assert.deepEqual(codes(offer), [53, 54, 51, 1, 3, 17, 250])
    assert.deepEqual(offer!.options.slice(1), ack!.options.slice(1))
    assert.deepEqual([offer!.siaddr, offer!.file, offer!.yiaddr], [SERVER, PLAN.file, POOL_FIRST])
    assert.deepEqual([ack!.siaddr, ack!.file, ack!.yiaddr], [SERVER, PLAN.file, POOL_FIRST])
    assert.equal(option(ack!, 51)?.readUInt32BE(), 43_200)
  })

  it('the lease is on disk before the ACK leaves', async () => {
    const disk = new MemoryLog()
    lab = await startLab({ disk })
    await lab.ask(request(MESSAGE_TYPE.discover, OS))
    let release = () => {}
    disk.gate = new Promise(done => {
      release = done
    })
    const take = request(MESSAGE_TYPE.request, [requested(POOL_FIRST), serverId(), ...OS])
    assert.deepEqual(await lab.ask(take), [])
    assert.equal(disk.stored.length, 0)
    const seen = lab.net.sent.length
    release()
    await lab.net.clock.advance(1)
    assert.equal(lab.net.sent.length, seen + 1)
    assert.match(String(disk.stored), /bound 52:54:00:77:00:01 192\.168\.77\.130/)
  })

  it('while a disk stalls for 2 s, DISCOVERs are answered; all ACKs follow after one more sync', async () => {
    const disk = new MemoryLog()
    lab = await startLab({ disk })
    const machines = Array.from({ length: 20 }, (_, n) => mac(n))
    const offers = new Map<Buffer, string>()
    for (const chaddr of machines)
      offers.set(chaddr, (await lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr })))[0]!.yiaddr)
    disk.gate = new Promise(done => lab.net.clock.timer(2000, done))
    for (const [chaddr, ip] of offers) {
      const take = request(MESSAGE_TYPE.request, [requested(ip), serverId(), ...OS], { chaddr })
      assert.deepEqual(await lab.ask(take), [])
    }
    assert.equal(
      typeOf((await lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(99) })))[0]),
      MESSAGE_TYPE.offer,
    )
    const seen = lab.net.sent.length
    await lab.net.clock.advance(2000)
    assert.equal(lab.net.sent.length - seen, machines.length)
    assert.ok(disk.appends.length <= 2, `${disk.appends.length} syncs`)
  })

  it('while a disk cannot be written there is no ACK but an error event; afterwards service goes on', async () => {
    const disk = new MemoryLog()
    lab = await startLab({ disk })
    await lab.ask(request(MESSAGE_TYPE.discover, OS))
    disk.fail = new BeError('BE_LEASE_LOG', 'cannot write leases.log: no space left')
    const take = request(MESSAGE_TYPE.request, [requested(POOL_FIRST), serverId(), ...OS])
    assert.deepEqual(await lab.ask(take), [])
    assert.ok(eventNames(lab).includes('dhcp:lease-failed'))
    disk.fail = undefined
    assert.equal(typeOf((await lab.ask(take))[0]), MESSAGE_TYPE.ack)
  })

  it('after a restart every machine keeps its address', async () => {
    const disk = new MemoryLog()
    lab = await startLab({ disk })
    const before = [await boot(lab, mac(1)), await boot(lab, mac(2))]
    await lab.stop()
    lab = await startLab({ disk })
    assert.deepEqual([await boot(lab, mac(2)), await boot(lab, mac(1))], [...before].reverse())
  })

  it('a system clock that is set a year ahead and back, with restarts, changes no address', async () => {
    const disk = new MemoryLog()
    const net = new SimNetwork()
    let wall = 0
    const clock: Clock = {
      now: () => net.clock.now() + wall,
      monotonic: () => net.clock.monotonic(),
      timer: (ms, run) => net.clock.timer(ms, run),
    }
    const restart = async () => {
      const leases = await LeaseDatabase.open({ log: disk, clock })
      lab = await startLab({ net, clock, disk, leases })
    }
    await restart()
    const before = [await boot(lab, mac(1)), await boot(lab, mac(2))]
    const strangers = []
    for (const jump of [31_536_000_000, -31_536_000_000]) {
      wall += jump
      const renewal = request(MESSAGE_TYPE.request, OS, { chaddr: mac(1), ciaddr: before[0]! })
      assert.equal(typeOf((await lab.ask(renewal, before[0]))[0]), MESSAGE_TYPE.ack)
      await lab.stop()
      await restart()
      strangers.push(await boot(lab, mac(10 + strangers.length)))
      assert.deepEqual([await boot(lab, mac(1)), await boot(lab, mac(2))], before)
    }
    assert.equal(new Set([...before, ...strangers]).size, 4, 'an address that is in use was given away')
  })

  it('a slow plan delays one OFFER, but no other client, and no ACK', async () => {
    const waiting: (() => void)[] = []
    let calls = 0
    lab = await startLab({
      plan: async client => {
        calls++
        if (client.mac.endsWith(':01')) await new Promise<void>(done => waiting.push(done))
        return PLAN
      },
    })
    assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(1) })), [])
    assert.deepEqual(
      await lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(1), xid: 7 })),
      [],
      'asked twice',
    )
    assert.ok(await boot(lab, mac(2)))
    assert.equal(calls, 2, 'the repeated DISCOVER or the REQUEST asked for a plan again')
    const seen = lab.net.sent.length
    for (const done of waiting) done()
    await lab.net.clock.advance(1)
    assert.equal(lab.net.sent.length, seen + 2, 'both DISCOVERs are answered, each with its own xid')
    const take = [requested('192.168.77.130'), serverId(), ...OS]
    assert.equal(
      typeOf((await lab.ask(request(MESSAGE_TYPE.request, take, { chaddr: mac(1) })))[0]),
      MESSAGE_TYPE.ack,
    )
    assert.equal(calls, 2)
  })

  it('a new boot gets a new plan although the xid of the loader is always 1', async () => {
    let file = 'old'
    lab = await startLab({ plan: async () => ({ ...PLAN, file }) })
    const loader = [text(60, 'PXEClient'), text(77, '\x07FreeBSD')]
    await boot(lab, mac(1), loader)
    file = 'new'
    await boot(lab, mac(1), loader)
    assert.deepEqual(
      lab.replies.map(reply => reply.message.file),
      ['old', 'old', 'new', 'new'],
    )
  })

  it('the plan of one stage is not used for the next', async () => {
    lab = await startLab({ plan: async client => ({ ...PLAN, file: client.vendorClass ?? '' }) })
    await lab.ask(request(MESSAGE_TYPE.discover, [text(60, 'PXEClient:Arch:00007')]))
    const loader = [requested(POOL_FIRST), serverId(), text(60, 'PXEClient')]
    assert.equal((await lab.ask(request(MESSAGE_TYPE.request, loader)))[0]?.file, 'PXEClient')
  })

  it('a plan that fails is reported, and the machine still gets an address', async () => {
    lab = await startLab({
      lab: { router: '192.168.77.254' },
      plan: async () => {
        throw new BeError('BE_NO_LOADER', 'test holds no loader for arm64', { hint: 'share another' })
      },
    })
    const [offer] = await lab.ask(request(MESSAGE_TYPE.discover, OS))
    assert.deepEqual([offer!.file, offer!.siaddr, offer!.yiaddr], ['', '0.0.0.0', POOL_FIRST])
    assert.deepEqual(codes(offer), [53, 54, 51, 1, 3, 28])
    const refused = lab.events.find(event => event.event === 'dhcp:plan-failed')
    assert.equal(refused?.detail?.error, 'test holds no loader for arm64; share another [BE_NO_LOADER]')
    assert.equal(refused?.mac, '52:54:00:77:00:01')
  })

  it('without a plan there is no reply, and no address is held', async () => {
    lab = await startLab({
      lab: { pool: [POOL_FIRST, POOL_FIRST] },
      plan: async client => (client.mac.endsWith(':01') ? undefined : PLAN),
    })
    assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(1) })), [])
    assert.equal(await boot(lab, mac(2)), POOL_FIRST)
  })

  it('echoes the client identifier and, last, the relay agent information; a plan cannot replace them', async () => {
    lab = await startLab({
      plan: async () => ({ options: [[54, Buffer.alloc(4)], [51, Buffer.alloc(4)], ...PLAN.options] }),
    })
    const relay: DhcpOption = [82, Buffer.from('\x01\x04eth1\x02\x02id', 'latin1')]
    const id: DhcpOption = [61, Buffer.from('01525400770001', 'hex')]
    const [offer] = await lab.ask(request(MESSAGE_TYPE.discover, [relay, id], { giaddr: '192.168.77.9' }))
    assert.deepEqual(codes(offer), [53, 54, 51, 1, 3, 17, 250, 61, 82])
    assert.deepEqual([option(offer!, 61), option(offer!, 82)], [id[1], relay[1]])
    assert.deepEqual(option(offer!, 51), Buffer.from([0, 0, 0xa8, 0xc0]))
    assert.deepEqual(option(offer!, 54), Buffer.from([192, 168, 77, 1]))
  })

  it('answers a relay agent at port 67, but not one of another network', async () => {
    lab = await startLab()
    await lab.ask(request(MESSAGE_TYPE.discover, OS, { giaddr: '192.168.77.9' }), '192.168.77.9', {
      address: SERVER,
      port: 67,
    })
    assert.deepEqual(lab.replies.at(-1)?.to, { address: '192.168.77.9', port: 67 })
    assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.discover, OS, { giaddr: '10.9.9.9' })), [])
    const wrong = request(MESSAGE_TYPE.request, [requested(SERVER), serverId(), ...OS], {
      giaddr: '192.168.77.9',
    })
    const [nak] = await lab.ask(wrong)
    assert.equal(typeOf(nak), MESSAGE_TYPE.nak)
    assert.equal(nak!.flags, 0x8000, 'the relay agent must broadcast a NAK')
  })

  describe('REQUEST (RFC 2131, section 4.3.2)', () => {
    it('selecting another server: silence, and the offered address is free again', async () => {
      lab = await startLab({ lab: { pool: [POOL_FIRST, POOL_FIRST] } })
      await lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(1) }))
      const other = [requested('192.168.77.150'), serverId('192.168.77.2'), ...OS]
      assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.request, other, { chaddr: mac(1) })), [])
      assert.equal(await boot(lab, mac(2)), POOL_FIRST)
    })

    it('selecting an address that another machine has: NAK by broadcast, with the reason', async () => {
      lab = await startLab()
      await boot(lab, mac(1))
      const [nak] = await lab.ask(
        request(MESSAGE_TYPE.request, [requested(POOL_FIRST), serverId(), ...OS], { chaddr: mac(2) }),
      )
      assert.equal(typeOf(nak), MESSAGE_TYPE.nak)
      assert.deepEqual(codes(nak), [53, 54, 56])
      assert.deepEqual([nak!.yiaddr, nak!.siaddr, nak!.file], ['0.0.0.0', '0.0.0.0', ''])
      assert.deepEqual(lab.replies.at(-1)?.to, { address: '255.255.255.255', port: 68 })
    })

    it('selecting after this server was restarted: ACK, the address is free', async () => {
      lab = await startLab()
      const [ack] = await lab.ask(
        request(MESSAGE_TYPE.request, [requested('192.168.77.140'), serverId(), ...OS]),
      )
      assert.deepEqual([typeOf(ack), ack!.yiaddr], [MESSAGE_TYPE.ack, '192.168.77.140'])
    })

    it('init-reboot with its own address: ACK; with another: NAK; on the wrong network: NAK', async () => {
      lab = await startLab()
      await boot(lab, mac(1))
      const ask = async (ip: string) =>
        typeOf((await lab.ask(request(MESSAGE_TYPE.request, [requested(ip), ...OS], { chaddr: mac(1) })))[0])
      assert.equal(await ask(POOL_FIRST), MESSAGE_TYPE.ack)
      assert.equal(await ask('192.168.77.150'), MESSAGE_TYPE.nak)
      assert.equal(await ask('10.1.1.1'), MESSAGE_TYPE.nak)
    })

    it('init-reboot of an unknown machine: silence, another server may know it', async () => {
      lab = await startLab()
      assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.request, [requested('192.168.77.150'), ...OS])), [])
    })

    it('renewing is answered by unicast and prolongs the lease', async () => {
      lab = await startLab()
      await boot(lab, mac(1))
      const before = lab.leases.byIp(POOL_FIRST)!.until
      await lab.net.clock.advance(10_000)
      const renewal = request(MESSAGE_TYPE.request, OS, { chaddr: mac(1), ciaddr: POOL_FIRST })
      const [ack] = await lab.ask(renewal, POOL_FIRST, { address: SERVER, port: 67 })
      assert.deepEqual([typeOf(ack), ack!.ciaddr, ack!.yiaddr], [MESSAGE_TYPE.ack, POOL_FIRST, POOL_FIRST])
      assert.deepEqual(lab.replies.at(-1)?.to, { address: POOL_FIRST, port: 68 })
      assert.ok(lab.leases.byIp(POOL_FIRST)!.until >= before + 10_000)
    })

    it('rebinding a lease that was lost here: a machine that runs from NFS keeps its address', async () => {
      lab = await startLab()
      const [ack] = await lab.ask(
        request(MESSAGE_TYPE.request, OS, { ciaddr: '192.168.77.140' }),
        '192.168.77.140',
      )
      assert.deepEqual([typeOf(ack), ack!.yiaddr], [MESSAGE_TYPE.ack, '192.168.77.140'])
    })

    it("rebinding another machine's address: NAK; one of another network: silence", async () => {
      lab = await startLab()
      await boot(lab, mac(1))
      const ask = async (ciaddr: string) =>
        typeOf((await lab.ask(request(MESSAGE_TYPE.request, OS, { chaddr: mac(2), ciaddr })))[0])
      assert.equal(await ask(POOL_FIRST), MESSAGE_TYPE.nak)
      assert.equal(lab.replies.at(-1)?.to.address, '255.255.255.255')
      assert.equal(lab.replies.at(-1)?.message.ciaddr, '0.0.0.0')
      assert.equal(await ask('10.1.1.1'), undefined)
    })

    it("rebinding an address of this network that is not in the pool: silence, it may be another server's", async () => {
      lab = await startLab()
      const rebinding = request(MESSAGE_TYPE.request, OS, { chaddr: mac(2), ciaddr: '192.168.77.50' })
      assert.deepEqual(await lab.ask(rebinding), [])
      assert.equal(lab.leases.size, 0)
      const selecting = request(MESSAGE_TYPE.request, [...OS, serverId(), requested('192.168.77.50')])
      assert.equal(typeOf((await lab.ask(selecting))[0]), MESSAGE_TYPE.nak, 'but nobody is given it')
    })

    it('a running machine whose reservation changed keeps its address until it boots again', async () => {
      const fixed: Record<string, string> = {}
      lab = await startLab({
        reservation: who => fixed[who],
        reservedFor: ip => Object.keys(fixed).find(who => fixed[who] === ip),
      })
      await boot(lab, mac(1))
      fixed['52:54:00:99:00:01'] = '192.168.77.20'
      const renewal = request(MESSAGE_TYPE.request, OS, { chaddr: mac(1), ciaddr: POOL_FIRST })
      assert.equal((await lab.ask(renewal, POOL_FIRST))[0]?.yiaddr, POOL_FIRST)
      const reboot = request(MESSAGE_TYPE.request, [requested(POOL_FIRST), ...OS], { chaddr: mac(1) })
      assert.equal(typeOf((await lab.ask(reboot))[0]), MESSAGE_TYPE.nak)
      assert.equal(await boot(lab, mac(1)), '192.168.77.20')
    })

    it('an address that another machine got while the plan was made is not given twice', async () => {
      let done = () => {}
      lab = await startLab({
        plan: async client => {
          if (client.mac.endsWith(':01')) {
            await new Promise<void>(resolve => {
              done = resolve
            })
          }
          return PLAN
        },
      })
      const take = [requested('192.168.77.140'), serverId(), ...OS]
      assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.request, take, { chaddr: mac(1) })), [])
      assert.equal(
        typeOf((await lab.ask(request(MESSAGE_TYPE.request, take, { chaddr: mac(2) })))[0]),
        MESSAGE_TYPE.ack,
      )
      const seen = lab.net.sent.length
      done()
      await lab.net.clock.advance(1)
      assert.equal(lab.net.sent.length, seen)
      assert.equal(lab.leases.byIp('192.168.77.140')?.mac, '52:54:00:99:00:02')
    })

    it('a FreeBSD loader never gets a NAK: it would go on with the lease regardless', async () => {
      lab = await startLab()
      await boot(lab, mac(1))
      for (const loader of [[text(60, 'PXEClient'), text(77, '\x07FreeBSD')], [text(60, 'PXEClient')], []]) {
        for (const ip of [POOL_FIRST, '10.1.1.1']) {
          const wrong = request(MESSAGE_TYPE.request, [requested(ip), serverId(), ...loader], {
            chaddr: mac(2),
            xid: 1,
          })
          assert.deepEqual(await lab.ask(wrong), [])
        }
      }
      assert.ok(!eventNames(lab).includes('dhcp:nak'))
    })

    it('without any address: ACK for the offered one, or silence', async () => {
      lab = await startLab()
      await lab.ask(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(1) }))
      assert.equal(
        (await lab.ask(request(MESSAGE_TYPE.request, OS, { chaddr: mac(1) })))[0]?.yiaddr,
        POOL_FIRST,
      )
      assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.request, OS)), [])
    })
  })

  it('RELEASE frees the address for others when the pool is used up', async () => {
    lab = await startLab({ lab: { pool: [POOL_FIRST, POOL_FIRST] } })
    await boot(lab, mac(1))
    await lab.ask(
      request(MESSAGE_TYPE.release, [serverId()], { chaddr: mac(2), ciaddr: POOL_FIRST }),
      POOL_FIRST,
    )
    assert.equal(await boot(lab, mac(2)), undefined, 'released by a stranger')
    await lab.ask(
      request(MESSAGE_TYPE.release, [serverId()], { chaddr: mac(1), ciaddr: POOL_FIRST }),
      POOL_FIRST,
    )
    assert.equal(await boot(lab, mac(2)), POOL_FIRST)
    assert.ok(eventNames(lab).includes('dhcp:release'))
  })

  it('DECLINE quarantines the address and the machine gets another', async () => {
    lab = await startLab()
    await boot(lab, mac(1))
    await lab.ask(request(MESSAGE_TYPE.decline, [requested(POOL_FIRST), serverId()], { chaddr: mac(1) }))
    assert.equal(await boot(lab, mac(1)), '192.168.77.131')
    assert.equal(lab.leases.byIp(POOL_FIRST)?.state, 'declined')
    assert.equal(lab.events.find(event => event.event === 'dhcp:decline')?.level, 'warn')
  })

  it('INFORM gets the settings by unicast, no address and no lease time', async () => {
    lab = await startLab()
    const [ack] = await lab.ask(
      request(MESSAGE_TYPE.inform, OS, { ciaddr: '192.168.77.50' }),
      '192.168.77.50',
    )
    assert.deepEqual([typeOf(ack), ack!.yiaddr, ack!.ciaddr], [MESSAGE_TYPE.ack, '0.0.0.0', '192.168.77.50'])
    assert.deepEqual(codes(ack), [53, 54, 1, 3, 17, 250])
    assert.deepEqual(lab.replies.at(-1)?.to, { address: '192.168.77.50', port: 68 })
    assert.equal(lab.leases.size, 0)
    assert.deepEqual(await lab.ask(request(MESSAGE_TYPE.inform, OS, { ciaddr: '10.1.1.1' }), '10.1.1.1'), [])
  })

  it('BOOTP gets an address and a boot file, and no DHCP options', async () => {
    lab = await startLab({ lab: { leaseSeconds: 300 } })
    const [reply] = await lab.ask(request(0))
    assert.deepEqual([reply!.yiaddr, reply!.file], [POOL_FIRST, PLAN.file])
    assert.deepEqual(codes(reply), [1, 3, 17, 250])
    assert.ok(lab.replies[0]!.bytes.length >= 300)
    const lease = lab.leases.byIp(POOL_FIRST)
    assert.equal(lease?.mac, '52:54:00:77:00:01')
    assert.ok(lease!.until > lab.leases.now() + 86_000_000, 'it cannot renew, so it keeps it for a day')
  })

  it('a full pool is reported once, and again when it was full anew', async () => {
    lab = await startLab({ lab: { pool: [POOL_FIRST, POOL_FIRST], leaseSeconds: 300 } })
    for (let n = 0; n < 50; n++) assert.equal(await boot(lab, mac(n)), n === 0 ? POOL_FIRST : undefined)
    await lab.net.clock.advance(100_000)
    assert.equal(await boot(lab, mac(7)), undefined)
    assert.equal(eventNames(lab).filter(name => name === 'dhcp:pool-full').length, 1)
    await lab.net.clock.advance(201_000)
    for (let n = 1; n < 50; n++) assert.equal(await boot(lab, mac(n)), n === 1 ? POOL_FIRST : undefined)
    assert.equal(eventNames(lab).filter(name => name === 'dhcp:pool-full').length, 2)
  })

  it('events show the exchange with the fields of each message', async () => {
    lab = await startLab({ stage: () => 'os' })
    await boot(lab, mac(1))
    assert.deepEqual(eventNames(lab), ['dhcp:discover', 'dhcp:offer', 'dhcp:request', 'dhcp:ack'])
    const [, offer, asked] = lab.events
    assert.deepEqual(JSON.parse(JSON.stringify(offer)), {
      event: 'dhcp:offer',
      mac: '52:54:00:99:00:01',
      stage: 'os',
      ip: POOL_FIRST,
      detail: { xid: '0x1234', server: SERVER, file: PLAN.file, root: '192.168.77.1:/ROOT/test' },
    })
    assert.equal(asked?.detail?.requested, POOL_FIRST)
    assert.deepEqual({ ...lab.server.counters }, { discover: 1, offer: 1, request: 1, ack: 1 })
  })

  it('a reply that is too big is a warning, and nothing is cut', async () => {
    const long = text(246, 'x'.repeat(400))
    lab = await startLab({ plan: async () => ({ options: [long] }) })
    const [offer] = await lab.ask(request(MESSAGE_TYPE.discover, OS))
    assert.deepEqual(option(offer!, 246), long[1])
    assert.match(String(lab.events.at(-1)?.detail?.['too-big']), /bytes of options, room for 312/)
  })

  it('a plan that cannot be encoded fails for its client only', async () => {
    lab = await startLab({
      plan: async client => (client.mac.endsWith(':01') ? { file: 'x'.repeat(200), options: [] } : PLAN),
    })
    assert.deepEqual(await lab.ask(encode(request(MESSAGE_TYPE.discover, OS, { chaddr: mac(1) }))), [])
    assert.ok(eventNames(lab).includes('dhcp:failed'))
    assert.ok(await boot(lab, mac(2)))
  })
})
