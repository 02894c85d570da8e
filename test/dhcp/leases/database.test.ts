import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { LeaseDatabase } from '../../../src/dhcp/leases/database.ts'
import { formatLease, type Lease } from '../../../src/dhcp/leases/lease.ts'
import { BeError } from '../../../src/errors/errors.ts'
import { SimClock } from '../../../src/net/sim/clock.ts'
import { MemoryLog } from '../support.ts'

const clock = new SimClock()
const open = (disk: MemoryLog) => LeaseDatabase.open({ log: disk, clock })

const lease = (n: number, more: Partial<Lease> = {}): Lease => ({
  ip: `10.0.${n >> 8}.${n & 255}`,
  mac: `52:54:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
  state: 'bound',
  until: clock.now() + 1000 * n,
  ...more,
})

const table = (leases: LeaseDatabase) => [...leases.all()].sort((a, b) => (a.ip < b.ip ? -1 : 1))

describe('dhcp lease database', () => {
  it('what was committed is there after a restart', async () => {
    const disk = new MemoryLog()
    const leases = await open(disk)
    await Promise.all([leases.commit(lease(1)), leases.commit(lease(2))])
    await leases.commit(lease(1, { state: 'released' }))
    await leases.commit(lease(3, { state: 'declined' }))
    const again = await open(disk)
    assert.deepEqual(table(again), table(leases))
    assert.equal(again.byMac(lease(1).mac)?.state, 'released')
    // A declined address belongs to no machine.
    assert.equal(again.byMac(lease(3).mac), undefined)
    assert.equal(again.byIp(lease(3).ip)?.state, 'declined')
  })

  it('leases that are committed together share one sync, and none resolves before it', async () => {
    const disk = new MemoryLog()
    const leases = await open(disk)
    let release = () => {}
    disk.gate = new Promise(done => {
      release = done
    })
    const done: number[] = []
    const commits = Array.from({ length: 500 }, (_, n) => leases.commit(lease(n)).then(() => done.push(n)))
    await new Promise(setImmediate)
    assert.deepEqual(done, [], 'reported before the disk had them')
    release()
    await Promise.all(commits)
    assert.equal(done.length, 500)
    assert.ok(disk.appends.length <= 2, `${disk.appends.length} syncs for 500 leases`)
  })

  it('gathers leases for one sync, but no more than a relay agent can take at once', async () => {
    const disk = new MemoryLog()
    const time = new SimClock()
    const leases = await LeaseDatabase.open({ log: disk, clock: time, gatherMs: 25 })
    await leases.commit(lease(0))
    let answered = 0
    const commit = (count: number) => {
      for (let n = 0; n < count; n++) void leases.commit(lease(answered + n + 1)).then(() => answered++)
      return new Promise(setImmediate)
    }
    await commit(5)
    assert.equal(answered, 0, 'each lease has a sync of its own')
    await time.advance(25)
    assert.equal(answered, 5)
    await commit(20)
    assert.equal(answered, 5)
    await commit(20)
    assert.equal(answered, 45, 'all leases of the interval are acknowledged in one burst')
    assert.equal(disk.appends.length, 3)
  })

  it('a log that was cut at any byte keeps every whole line, and can be written', async () => {
    const disk = new MemoryLog()
    const leases = await open(disk)
    for (const n of [1, 2, 3]) await leases.commit(lease(n))
    const log = disk.stored
    const lines = log.toString().split('\n')
    for (let cut = 0; cut < log.length; cut++) {
      const torn = new MemoryLog()
      torn.stored = Buffer.from(log.subarray(0, cut))
      const survivor = await open(torn)
      const whole = log
        .subarray(0, cut)
        .toString()
        .split('\n')
        .filter(line => lines.includes(line) && line !== '')
      assert.equal(survivor.size, whole.length, `cut at ${cut}`)
      await survivor.commit(lease(9))
      assert.equal((await open(torn)).size, whole.length + 1, `cut at ${cut}, then one more`)
    }
  })

  it('of a damaged line in the middle only that lease is lost; it is counted and set aside', async () => {
    const disk = new MemoryLog()
    const leases = await open(disk)
    for (const n of [1, 2, 3]) await leases.commit(lease(n))
    disk.stored[70]! ^= 1
    const line = disk.stored.toString('latin1').split('\n')[1]
    const again = await open(disk)
    assert.deepEqual([again.found.damaged, again.found.example], [1, line])
    assert.deepEqual([again.byMac(lease(1).mac)?.ip, again.byMac(lease(2).mac)], [lease(1).ip, undefined])
    assert.equal(disk.aside, `${line}\n`)
    assert.equal((await open(disk)).found.damaged, 0)
  })

  it('an address on a damaged line is quarantined for the time of a lease, and still is after a restart', async () => {
    const disk = new MemoryLog()
    const whole = formatLease(lease(1)) + formatLease(lease(2)) + formatLease(lease(3))
    const quarantineMs = 1000
    for (const [text, quarantined] of [
      [whole.replace(' 52:54:00:00:00:02', ' 52:54:00:00:00:09'), [lease(2).ip]],
      [`${whole}garbage 10.0.0.7 more\n`, ['10.0.0.7']],
      [`${whole}garbage 10.0.0.2\n${formatLease(lease(2, { until: clock.now() }))}`, []],
      [`${whole}0.0.0.1.2 999.1.2.3 10.0.0\n`, []],
      [`${whole}cut 10.0.0.9`, []],
    ] as [string, string[]][]) {
      disk.stored = Buffer.from(text)
      await LeaseDatabase.open({ log: disk, clock, quarantineMs })
      const again = await LeaseDatabase.open({ log: disk, clock, quarantineMs })
      const found = [...again.all()].filter(({ state }) => state === 'quarantined')
      assert.deepEqual(
        found.map(({ ip, until }) => [ip, until]),
        quarantined.map(ip => [ip, clock.now() + quarantineMs]),
        text,
      )
      assert.ok(
        [...again.all()].every(({ mac }) => mac !== '52:54:00:00:00:09'),
        'given to whom the line names',
      )
    }
  })

  it('a damaged line of a lease that runs cannot be another machine’s: it runs on', async () => {
    const disk = new MemoryLog()
    disk.stored = Buffer.from(`${formatLease(lease(5))}damaged ${lease(5).ip}\n`)
    const leases = await LeaseDatabase.open({ log: disk, clock, quarantineMs: 60_000 })
    assert.deepEqual(leases.byMac(lease(5).mac), lease(5, { until: clock.now() + 60_000 }))
  })

  it('lines that cannot be are damaged, and a lease that ends in 200 years ends in time', async () => {
    const line = (text: string) => `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`
    const disk = new MemoryLog()
    disk.stored = Buffer.from(
      line('bound 52:54:00:00:00:01 999.0.0.1 1795380167000') +
        line(`bound 52:54:00:00:00:02 10.0.0.2 ${'9'.repeat(400)}`) +
        line(`bound 52:54:00:00:00:03 10.0.0.3 ${clock.now() + 200 * 31_536_000_000}`),
    )
    const leases = await LeaseDatabase.open({ log: disk, clock, quarantineMs: 60_000 })
    assert.equal(leases.found.damaged, 2)
    assert.equal(leases.found.tooLong, 1)
    assert.deepEqual(leases.byMac('52:54:00:00:00:03')?.until, clock.now() + 60_000)
    assert.equal(leases.byIp('10.0.0.2')?.state, 'quarantined')
  })

  it('opens any file, with a bounded number of addresses from damaged lines', async () => {
    const disk = new MemoryLog()
    const garbage = fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.constant(formatLease(lease(1)))))
    await fc.assert(
      fc.asyncProperty(garbage, async lines => {
        disk.stored = Buffer.from(lines.join('\n'))
        await open(disk)
        assert.equal((await open(disk)).found.damaged, 0)
      }),
    )
    const many = Array.from({ length: 30_000 }, (_, n) => `x 10.${n >> 16}.${(n >> 8) & 255}.${n & 255}\n`)
    disk.stored = Buffer.from(many.join(''))
    assert.equal((await open(disk)).size, 10_000)
  })

  it('a disk that fails rejects the commit; when it works again the whole table is written', async () => {
    const disk = new MemoryLog()
    const leases = await open(disk)
    await leases.commit(lease(1))
    disk.fail = new BeError('BE_LEASE_LOG', 'cannot write: no space left')
    await assert.rejects(leases.commit(lease(2)), { code: 'BE_LEASE_LOG' })
    disk.fail = undefined
    await leases.commit(lease(3))
    assert.deepEqual(table(await open(disk)), table(leases))
    assert.equal((await open(disk)).found.damaged, 0)
  })

  it('a log that is much longer than the table is rewritten, with the same leases', async () => {
    const disk = new MemoryLog()
    const leases = await open(disk)
    for (let round = 0; round < 100; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => leases.commit(lease(n, { until: round }))))
    }
    assert.ok(disk.replaced > 1, 'never rewritten')
    assert.ok(disk.stored.length < 5000 * 70, `${disk.stored.length} bytes for 100 leases`)
    assert.deepEqual(table(await open(disk)), table(leases))
  })

  it('a machine has one address, and an address one machine', async () => {
    const disk = new MemoryLog()
    const leases = await open(disk)
    await leases.commit(lease(1))
    await leases.commit(lease(2, { mac: lease(1).mac }))
    assert.equal(leases.byIp(lease(1).ip), undefined)
    await leases.commit(lease(3, { ip: lease(2).ip }))
    assert.equal(leases.byMac(lease(1).mac), undefined)
    assert.deepEqual(table(await open(disk)), table(leases))
  })

  it('a wall clock that jumps does not expire leases', async () => {
    let wall = 1_000_000
    let ticks = 0
    const jumpy = { now: () => wall, monotonic: () => ticks, timer: clock.timer.bind(clock) }
    const leases = await LeaseDatabase.open({ log: new MemoryLog(), clock: jumpy })
    wall += 365 * 86_400_000
    assert.equal(leases.now(), 1_000_000)
    ticks += 5
    assert.equal(leases.now(), 1_000_005)
  })

  it('opens 100,000 leases', async () => {
    const disk = new MemoryLog()
    const leases = await open(disk)
    const commits = Array.from({ length: 100_000 }, (_, n) =>
      leases.commit(lease(n & 0xffff, { ip: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, mac: macOf(n) })),
    )
    await Promise.all(commits)
    assert.equal((await open(disk)).size, 100_000)
  })
})

const macOf = (n: number): string => (0x525400000000 + n).toString(16).replace(/(..)(?=.)/g, '$1:')
