import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LeaseDatabase } from '../../../src/dhcp/leases/database.ts'
import { Pool, type PoolOptions } from '../../../src/dhcp/leases/pool.ts'
import { Subnet } from '../../../src/net/ipv4.ts'
import { SimClock } from '../../../src/net/sim/clock.ts'
import { MemoryLog } from '../support.ts'

const M = (n: number) =>
  `52:54:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`

async function setUp(
  more: Partial<PoolOptions> & { reserved?: Record<string, string>; disk?: MemoryLog } = {},
) {
  const clock = new SimClock()
  const disk = more.disk ?? new MemoryLog()
  const leases = await LeaseDatabase.open({ log: disk, clock })
  const reserved = more.reserved ?? {}
  const pool = new Pool({
    leases,
    subnet: new Subnet('10.0.0.1', '255.255.255.0'),
    range: ['10.0.0.10', '10.0.0.12'],
    excluded: ['10.0.0.1', '10.0.0.254'],
    reservation: mac => reserved[mac],
    reservedFor: ip => Object.keys(reserved).find(mac => reserved[mac] === ip),
    ...more,
  })
  return { clock, disk, leases, pool, reserved }
}

describe('dhcp address pool', () => {
  it('gives each machine an address of its own, and the same one again', async () => {
    const { pool } = await setUp()
    const first = [1, 2, 3].map(n => pool.offer(M(n)))
    assert.deepEqual(first, ['10.0.0.10', '10.0.0.11', '10.0.0.12'])
    assert.deepEqual(
      [1, 2, 3].map(n => pool.offer(M(n))),
      first,
    )
    assert.equal(pool.offer(M(4)), undefined)
  })

  it('never gives out the server, the router, the network or the broadcast address', async () => {
    const { pool } = await setUp({ range: ['10.0.0.0', '10.0.0.255'] })
    const given = Array.from({ length: 300 }, (_, n) => pool.offer(M(n))).filter(ip => ip !== undefined)
    assert.equal(given.length, 252)
    for (const never of ['10.0.0.0', '10.0.0.1', '10.0.0.254', '10.0.0.255'])
      assert.ok(!given.includes(never), never)
  })

  it('an offer lapses after 60 s, a lease does not', async () => {
    const { pool, clock } = await setUp({ range: ['10.0.0.10', '10.0.0.11'] })
    pool.offer(M(1))
    await pool.bind(M(2), pool.offer(M(2))!, 3600)
    await clock.advance(59_000)
    assert.equal(pool.offer(M(3)), undefined)
    await clock.advance(1001)
    assert.equal(pool.offer(M(3)), '10.0.0.10')
    assert.equal(pool.offer(M(4)), undefined)
  })

  it('an address that was reserved for another machine since it was offered is not offered again', async () => {
    const { pool, reserved } = await setUp()
    assert.equal(pool.offer(M(1)), '10.0.0.10')
    reserved[M(2)] = '10.0.0.10'
    assert.equal(pool.offer(M(1)), '10.0.0.11', 'else its REQUEST is refused, again and again')
    assert.equal(pool.offer(M(2)), '10.0.0.10')
  })

  it('a full pool reuses what expired first, and the former holder gets another', async () => {
    const { pool, clock } = await setUp()
    for (const [n, seconds] of [
      [1, 300],
      [2, 100],
      [3, 200],
    ] as const)
      await pool.bind(M(n), pool.offer(M(n))!, seconds)
    await clock.advance(150_000)
    assert.equal(pool.offer(M(4)), '10.0.0.11')
    await pool.bind(M(4), '10.0.0.11', 3600)
    assert.equal(pool.offer(M(2)), undefined)
    await clock.advance(60_000)
    assert.equal(pool.offer(M(2)), '10.0.0.12')
  })

  it('an expired address that was offered to another and not taken goes to the next', async () => {
    const { pool, clock } = await setUp({ range: ['10.0.0.10', '10.0.0.10'] })
    await pool.bind(M(1), pool.offer(M(1))!, 10)
    await clock.advance(20_000)
    assert.equal(pool.offer(M(2)), '10.0.0.10')
    assert.equal(pool.offer(M(1)), undefined, 'the former holder while it is offered to another')
    pool.withdraw(M(2))
    assert.equal(pool.offer(M(3)), '10.0.0.10')
  })

  it('the old address of a machine that moved is free', async () => {
    const { pool, reserved } = await setUp({ range: ['10.0.0.10', '10.0.0.11'] })
    await pool.bind(M(1), pool.offer(M(1))!, 3600)
    reserved[M(1)] = '10.0.0.50'
    await pool.bind(M(1), pool.offer(M(1))!, 3600)
    assert.deepEqual([pool.offer(M(2)), pool.offer(M(3))].sort(), ['10.0.0.10', '10.0.0.11'])
  })

  it('a machine that declines its reserved address gets one of the pool', async () => {
    const { pool } = await setUp({ reserved: { [M(1)]: '10.0.0.50' } })
    assert.equal(pool.offer(M(1)), '10.0.0.50')
    await pool.decline(M(1), '10.0.0.50')
    assert.equal(pool.offer(M(1)), '10.0.0.10')
  })

  it('an expired lease is kept for its machine as long as another address is free', async () => {
    const { pool, clock } = await setUp()
    await pool.bind(M(1), pool.offer(M(1))!, 10)
    await clock.advance(20_000)
    assert.equal(pool.offer(M(2)), '10.0.0.11')
    assert.equal(pool.offer(M(1)), '10.0.0.10')
  })

  it('a lease that was renewed is not taken for expired', async () => {
    const { pool, clock } = await setUp({ range: ['10.0.0.10', '10.0.0.10'] })
    await pool.bind(M(1), pool.offer(M(1))!, 10)
    await pool.bind(M(1), '10.0.0.10', 3600)
    await clock.advance(20_000)
    assert.equal(pool.offer(M(2)), undefined)
  })

  it('a released address is kept for its machine until the other addresses are used', async () => {
    const { pool } = await setUp()
    await pool.bind(M(1), pool.offer(M(1))!, 3600)
    assert.equal(await pool.release(M(2), '10.0.0.10'), false, 'released by a stranger')
    assert.equal(await pool.release(M(1), '10.0.0.10'), true)
    assert.equal(pool.offer(M(2)), '10.0.0.11')
    assert.equal(pool.offer(M(3)), '10.0.0.12')
    assert.equal(pool.offer(M(4)), '10.0.0.10')
  })

  it('a declined address is given to no machine for 10 minutes, also after a restart', async () => {
    const { pool, clock, leases, disk } = await setUp({ range: ['10.0.0.10', '10.0.0.10'] })
    await pool.bind(M(1), pool.offer(M(1))!, 3600)
    assert.equal(await pool.decline(M(2), '10.0.0.10'), false, 'declined by a stranger')
    assert.equal(await pool.decline(M(1), '10.0.0.10'), true)
    assert.equal(pool.offer(M(1)), undefined)
    await leases.close()
    const again = await setUp({ range: ['10.0.0.10', '10.0.0.10'], disk })
    assert.equal(again.pool.offer(M(2)), undefined)
    await clock.advance(600_001)
    assert.equal(pool.offer(M(2)), '10.0.0.10')
  })

  it('a reservation is for its machine only, in the pool or outside', async () => {
    const { pool } = await setUp({ reserved: { [M(1)]: '10.0.0.10', [M(2)]: '10.0.0.99' } })
    assert.equal(pool.claim(M(3), '10.0.0.10'), 'taken')
    assert.equal(pool.offer(M(3), '10.0.0.10'), '10.0.0.11')
    assert.equal(pool.offer(M(1)), '10.0.0.10')
    assert.equal(pool.offer(M(2)), '10.0.0.99')
    assert.equal(pool.claim(M(3), '10.0.0.99'), 'taken')
  })

  it('a reservation is also for the other interface of its machine, but for one of the two at a time', async () => {
    const fixed = '10.0.0.50'
    const { pool } = await setUp({
      reservation: mac => ([M(1), M(2)].includes(mac) ? fixed : undefined),
      reservedFor: ip => (ip === fixed ? M(1) : undefined),
    })
    assert.equal(pool.offer(M(2)), fixed)
    await pool.bind(M(2), fixed, 3600)
    assert.equal(pool.offer(M(1)), '10.0.0.10', 'the same address on two interfaces')
    assert.equal(pool.claim(M(3), fixed), 'taken')
  })

  it('a running machine keeps its address when that is reserved for another', async () => {
    const { pool, reserved, clock } = await setUp()
    await pool.bind(M(1), pool.offer(M(1))!, 100)
    reserved[M(2)] = '10.0.0.10'
    assert.equal(pool.claim(M(1), '10.0.0.10'), 'mine')
    assert.equal(pool.offer(M(1)), '10.0.0.11', 'until it boots again')
    await clock.advance(101_000)
    assert.equal(pool.claim(M(1), '10.0.0.10'), 'taken')
  })

  it('a reserved address that another machine still uses is not given twice', async () => {
    const { pool, reserved, clock } = await setUp()
    await pool.bind(M(1), pool.offer(M(1))!, 100)
    reserved[M(2)] = '10.0.0.10'
    assert.equal(pool.offer(M(2)), '10.0.0.11')
    await clock.advance(101_000)
    assert.equal(pool.offer(M(2)), '10.0.0.10')
  })

  it('a reservation that was taken away gives its address back to the pool', async () => {
    const { pool, reserved, clock } = await setUp({
      range: ['10.0.0.10', '10.0.0.10'],
      reserved: { [M(1)]: '10.0.0.10' },
    })
    assert.equal(pool.offer(M(2)), undefined)
    delete reserved[M(1)]
    await clock.advance(60_001)
    assert.equal(pool.offer(M(2)), '10.0.0.10')
  })

  it('without a range only machines with a reservation are served', async () => {
    const { pool } = await setUp({ range: undefined, reserved: { [M(1)]: '10.0.0.50' } })
    assert.deepEqual([pool.offer(M(1)), pool.offer(M(2))], ['10.0.0.50', undefined])
  })

  it('tells the claims of machines apart', async () => {
    const { pool } = await setUp()
    await pool.bind(M(1), pool.offer(M(1))!, 3600)
    assert.equal(pool.claim(M(1), '10.0.0.10'), 'mine')
    assert.equal(pool.claim(M(2), '10.0.0.10'), 'taken')
    assert.equal(pool.claim(M(2), '10.0.0.11'), 'free')
    assert.equal(pool.claim(M(2), '10.0.0.50'), 'unknown', 'nobody here has it, and nobody is given it')
    assert.equal(pool.offer(M(3)), '10.0.0.11')
    assert.equal(pool.claim(M(2), '10.0.0.11'), 'taken', 'offered to another')
    for (const ip of ['10.0.1.10', '10.0.0.255', '10.0.0.0', '10.0.0.1'])
      assert.equal(pool.claim(M(2), ip), 'foreign', ip)
  })

  describe('when strangers take what they can', () => {
    const range = ['10.0.0.10', '10.0.0.29'] as const
    const isKnown = (mac: string) => mac.startsWith('02:')
    const known = (n: number) => `02:00:00:00:00:0${n}`

    it('a machine of the inventory gets the address of one of their offers, which is refused then', async () => {
      const { pool } = await setUp({ range, isKnown, knownMachines: () => 0 })
      const offers = Array.from({ length: 100 }, (_, n) => pool.offer(M(n))).filter(ip => ip !== undefined)
      assert.equal(offers.length, 20)
      assert.equal(pool.offer(known(1)), offers[0])
      assert.equal(pool.claim(M(0), offers[0]!), 'taken')
      assert.equal(pool.offer(M(200)), undefined)
      await pool.bind(known(1), offers[0]!, 3600)
      assert.equal(pool.offer(known(2)), offers[1])
    })

    it('addresses are kept for the machines of the inventory without a fixed one, half of the pool at most', async () => {
      for (const [machines, kept] of [
        [3, 3],
        [50, 10],
      ] as const) {
        const { pool, clock } = await setUp({ range, isKnown, knownMachines: () => machines })
        const lease = async (mac: string, wanted?: string) => {
          const ip = pool.offer(mac, wanted)
          if (ip !== undefined) await pool.bind(mac, ip, 3600)
          return ip
        }
        const given = []
        for (let n = 0; n < 100; n++) given.push(await lease(M(n), '10.0.0.10'))
        assert.equal(given.filter(ip => ip !== undefined).length, 20 - kept)
        assert.equal(pool.claim(M(99), '10.0.0.10'), 'taken', 'nor by a REQUEST without an offer')
        assert.deepEqual([await lease(known(1)), await lease(known(2))], ['10.0.0.10', '10.0.0.11'])
        await clock.advance(3_600_001)
        for (let n = 100; n < 200; n++) await lease(M(n))
        assert.equal(await lease(known(2)), '10.0.0.11', 'its lease has expired')
        assert.equal(await lease(known(3)), '10.0.0.12')
      }
    })

    it('they decline what they are offered: the part that is kept is left', async () => {
      const { pool } = await setUp({ range, isKnown, knownMachines: () => 2 })
      for (let n = 0; n < 100; n++) {
        const ip = pool.offer(M(n))
        if (ip !== undefined) await pool.decline(M(n), ip)
      }
      assert.equal(pool.offer(known(1)), '10.0.0.10')
    })
  })

  it('never gives an address to two machines, whatever they do', async () => {
    const step = fc.record({
      who: fc.nat(9),
      what: fc.constantFrom('offer', 'bind', 'release', 'decline', 'wait', 'withdraw'),
      seconds: fc.integer({ min: 1, max: 700 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        let ticks = 0
        const clock = { now: () => ticks, monotonic: () => ticks, timer: () => ({ cancel() {} }) }
        const disk = new MemoryLog()
        const leases = await LeaseDatabase.open({ log: disk, clock })
        const reserved: Record<string, string> = { [M(0)]: '10.0.0.11', [M(1)]: '10.0.0.40' }
        const { pool } = await setUp({
          leases,
          range: ['10.0.0.10', '10.0.0.14'],
          reservation: mac => reserved[mac],
          reservedFor: ip => Object.keys(reserved).find(mac => reserved[mac] === ip),
        })
        const held = new Map<string, { mac: string; until: number }>()
        const offers = new Map<string, string>()
        for (const { who, what, seconds } of steps) {
          const mac = M(who)
          const mine = [...held].find(([, holder]) => holder.mac === mac)?.[0]
          if (what === 'wait') ticks += seconds * 1000
          if (what === 'withdraw') pool.withdraw(mac)
          if (what === 'offer') {
            const ip = pool.offer(mac)
            if (ip === undefined) continue
            const holder = held.get(ip)
            assert.ok(
              !holder || holder.mac === mac || holder.until <= ticks,
              `${ip} offered to ${mac}, held by ${holder?.mac}`,
            )
            offers.set(mac, ip)
          }
          if (what === 'bind') {
            const ip = offers.get(mac)
            if (ip === undefined || !['mine', 'free'].includes(pool.claim(mac, ip))) continue
            const holder = held.get(ip)
            assert.ok(
              !holder || holder.mac === mac || holder.until <= ticks,
              `${ip} bound to ${mac} and ${holder?.mac}`,
            )
            if (mine !== undefined) held.delete(mine)
            held.set(ip, { mac, until: ticks + seconds * 1000 })
            await pool.bind(mac, ip, seconds)
          }
          if (what === 'release' && mine !== undefined && (await pool.release(mac, mine))) held.delete(mine)
          if (what === 'decline' && mine !== undefined && (await pool.decline(mac, mine))) held.delete(mine)
        }
        const again = await LeaseDatabase.open({ log: disk, clock })
        for (const [ip, { mac, until }] of held) {
          if (until > ticks) assert.equal(again.byIp(ip)?.mac, mac, 'lost by a restart')
        }
      }),
      { numRuns: 300 },
    )
  })

  describe('with an address on a damaged line of the log', () => {
    const damaged = () => {
      const disk = new MemoryLog()
      disk.stored = Buffer.from('00000000 bound 52:54:00:00:00:01 10.0.0.10 1795380167000\n')
      return disk
    }

    it('gives it to nobody for the time of a lease, then to anyone', async () => {
      const { pool, clock } = await setUp({ disk: damaged() })
      const offered = [1, 2, 3].map(n => pool.offer(M(n), '10.0.0.10'))
      assert.deepEqual(offered, ['10.0.0.11', '10.0.0.12', undefined])
      assert.equal(pool.claim(M(1), '10.0.0.10'), 'lost')
      for (const n of [1, 2]) await pool.bind(M(n), offered[n - 1]!, 10_000_000)
      await clock.advance(604_800_000)
      assert.equal(pool.offer(M(3)), '10.0.0.10')
    })

    it('but to the machine that it is reserved for, and to no other', async () => {
      const { pool } = await setUp({ disk: damaged(), reserved: { [M(2)]: '10.0.0.10' } })
      assert.equal(pool.claim(M(1), '10.0.0.10'), 'taken')
      assert.equal(pool.offer(M(2)), '10.0.0.10')
    })
  })
})
