import assert from 'node:assert/strict'
import type { Lease } from '../../src/dhcp/lease.ts'
import { LeaseBook } from '../../src/dhcp/leases.ts'
import { BeError } from '../../src/errors/errors.ts'
import { SimClock } from '../../src/net/sim/clock.ts'
import { MemoryDisk } from './support.ts'

const clock = new SimClock()
const open = (disk: MemoryDisk) => LeaseBook.open({ disk, clock })

const lease = (n: number, more: Partial<Lease> = {}): Lease => ({
  ip: `10.0.${n >> 8}.${n & 255}`,
  mac: `52:54:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
  state: 'bound',
  until: clock.now() + 1000 * n,
  ...more,
})

const table = (book: LeaseBook) => [...book.all()].sort((a, b) => (a.ip < b.ip ? -1 : 1))

describe('dhcp lease book', () => {
  it('what was committed is there after a restart', async () => {
    const disk = new MemoryDisk()
    const book = await open(disk)
    await Promise.all([book.commit(lease(1)), book.commit(lease(2))])
    await book.commit(lease(1, { state: 'released' }))
    await book.commit(lease(3, { state: 'declined' }))
    const again = await open(disk)
    assert.deepEqual(table(again), table(book))
    assert.equal(again.byMac(lease(1).mac)?.state, 'released')
    // A declined address is in nobody's hands.
    assert.equal(again.byMac(lease(3).mac), undefined)
    assert.equal(again.byIp(lease(3).ip)?.state, 'declined')
  })

  it('leases that come together share one sync, and none is reported before it', async () => {
    const disk = new MemoryDisk()
    const book = await open(disk)
    let release = () => {}
    disk.gate = new Promise(done => {
      release = done
    })
    const done: number[] = []
    const commits = Array.from({ length: 500 }, (_, n) => book.commit(lease(n)).then(() => done.push(n)))
    await new Promise(setImmediate)
    assert.deepEqual(done, [], 'reported before the disk had them')
    release()
    await Promise.all(commits)
    assert.equal(done.length, 500)
    assert.ok(disk.appends.length <= 2, `${disk.appends.length} syncs for 500 leases`)
  })

  it('gathers leases for one sync, but answers a rush in small parts, which a relay agent can take', async () => {
    const disk = new MemoryDisk()
    const time = new SimClock()
    const book = await LeaseBook.open({ disk, clock: time, gatherMs: 25 })
    await book.commit(lease(0))
    let answered = 0
    const commit = (count: number) => {
      for (let n = 0; n < count; n++) void book.commit(lease(answered + n + 1)).then(() => answered++)
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

  it('a log torn at any byte keeps every whole line and goes on', async () => {
    const disk = new MemoryDisk()
    const book = await open(disk)
    for (const n of [1, 2, 3]) await book.commit(lease(n))
    const log = disk.durable
    const lines = log.toString().split('\n')
    for (let cut = 0; cut < log.length; cut++) {
      const torn = new MemoryDisk()
      torn.durable = Buffer.from(log.subarray(0, cut))
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

  it('a damaged line in the middle costs that line only, and is counted', async () => {
    const disk = new MemoryDisk()
    const book = await open(disk)
    for (const n of [1, 2, 3]) await book.commit(lease(n))
    disk.durable[70]! ^= 1
    const again = await open(disk)
    assert.deepEqual([again.damaged, again.size], [1, 2])
  })

  it('a disk that fails rejects the commit; when it works again the whole table is on it', async () => {
    const disk = new MemoryDisk()
    const book = await open(disk)
    await book.commit(lease(1))
    disk.fail = new BeError('BE_LEASE_LOG', 'cannot write: no space left')
    await assert.rejects(book.commit(lease(2)), { code: 'BE_LEASE_LOG' })
    disk.fail = undefined
    await book.commit(lease(3))
    assert.deepEqual(table(await open(disk)), table(book))
    assert.equal((await open(disk)).damaged, 0)
  })

  it('the log is rewritten when it is much longer than the table, and says the same', async () => {
    const disk = new MemoryDisk()
    const book = await open(disk)
    for (let round = 0; round < 100; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => book.commit(lease(n, { until: round }))))
    }
    assert.ok(disk.replaced > 1, 'never rewritten')
    assert.ok(disk.durable.length < 5000 * 70, `${disk.durable.length} bytes for 100 leases`)
    assert.deepEqual(table(await open(disk)), table(book))
  })

  it('a machine that moves leaves its old address, an address that moves leaves its old machine', async () => {
    const disk = new MemoryDisk()
    const book = await open(disk)
    await book.commit(lease(1))
    await book.commit(lease(2, { mac: lease(1).mac }))
    assert.equal(book.byIp(lease(1).ip), undefined)
    await book.commit(lease(3, { ip: lease(2).ip }))
    assert.equal(book.byMac(lease(1).mac), undefined)
    assert.deepEqual(table(await open(disk)), table(book))
  })

  it('a wall clock that jumps does not expire leases', async () => {
    let wall = 1_000_000
    let ticks = 0
    const jumpy = { now: () => wall, monotonic: () => ticks, timer: clock.timer.bind(clock) }
    const book = await LeaseBook.open({ disk: new MemoryDisk(), clock: jumpy })
    wall += 365 * 86_400_000
    assert.equal(book.now(), 1_000_000)
    ticks += 5
    assert.equal(book.now(), 1_000_005)
  })

  it('opens 100,000 leases', async () => {
    const disk = new MemoryDisk()
    const book = await open(disk)
    const commits = Array.from({ length: 100_000 }, (_, n) =>
      book.commit(lease(n & 0xffff, { ip: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, mac: macOf(n) })),
    )
    await Promise.all(commits)
    assert.equal((await open(disk)).size, 100_000)
  })
})

const macOf = (n: number): string => (0x525400000000 + n).toString(16).replace(/(..)(?=.)/g, '$1:')
