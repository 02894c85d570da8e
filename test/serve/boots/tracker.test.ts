import assert from 'node:assert/strict'
import { BeError } from '../../../src/errors/errors.ts'
import type { RecordedBoot } from '../../../src/lab/present-boots.ts'
import { SimClock } from '../../../src/net/sim/clock.ts'
import type { OnceExpiry } from '../../../src/serve/boots/once-expiry.ts'
import { BootTracker } from '../../../src/serve/boots/tracker.ts'
import type { SessionEvent } from '../../../src/session/event.ts'
import type { BootTable } from '../../../src/state/boot-table.ts'

describe('serve/boots/tracker', () => {
  let clock: SimClock
  let tracker: BootTracker
  let events: SessionEvent[]
  /** The machines that each commit stored and deleted. */
  let commits: { put: string[]; forgotten: string[] }[]
  let broken: boolean
  /** The inventory. */
  let known: Set<string>

  beforeEach(() => {
    clock = new SimClock()
    events = []
    commits = []
    broken = false
    known = new Set(['m1', 'm2'])
    const table = {
      all: () => [],
      put(rows: { machine: string }[], forgotten: Iterable<string>) {
        commits.push({ put: rows.map(({ machine }) => machine), forgotten: [...forgotten] })
        if (broken) throw new BeError('BE_STATE_BUSY', 'nbe.db is locked by another process')
      },
    } as unknown as BootTable<RecordedBoot>
    const once = { track() {}, start() {}, stop() {} } as unknown as OnceExpiry
    tracker = new BootTracker({
      clock,
      emit: event => events.push(event),
      table,
      once,
      machineOf: mac => (mac.startsWith('nic') ? 'm1' : known.has(mac) ? mac : undefined),
      servesRoots: () => false,
    })
  })
  afterEach(() => tracker.stop())

  const record = (event: string, mac: string, detail: SessionEvent['detail'] = {}) =>
    tracker.track({ time: new Date(clock.now()).toISOString(), event, stage: 'firmware', mac, detail })
  const discover = (mac: string) => record('dhcp:discover', mac)

  it('keeps the boots of the inventory, 1000 unknown machines that fetched a file, and 1000 others', async () => {
    for (const mac of ['m1', 'm2', 'stranger']) discover(mac)
    record('tftp:done', 'stranger', { file: 'x', bytes: 1 })
    for (let n = 0; n < 12_000; n++) discover(`x${n}`)
    for (const mac of ['m1', 'm2', 'stranger', 'x11999', 'x11000']) {
      assert.notEqual(await tracker.token(mac), undefined, mac)
    }
    assert.equal(await tracker.token('x10999'), undefined)
    for (let n = 0; n < 2000; n++) {
      discover(`y${n}`)
      record('tftp:done', `y${n}`, { file: 'x', bytes: 1 })
    }
    assert.equal(await tracker.token('stranger'), undefined, 'the oldest of these')
    assert.notEqual(await tracker.token('m1'), undefined)
  })

  it('keeps a boot of a machine that was added to the inventory after it began', async () => {
    discover('late')
    known.add('late')
    for (let n = 0; n < 12_000; n++) discover(`x${n}`)
    assert.notEqual(await tracker.token('late'), undefined)
  })

  it('stores the boots of a flood of unknown MACs in one commit, and deletes only what it had stored', async () => {
    for (let n = 0; n < 12_000; n++) discover(`x${n}`)
    assert.equal(commits.length, 0)
    await clock.advance(100)
    assert.equal(commits.length, 1)
    assert.deepEqual([commits[0]?.put.length, commits[0]?.forgotten.length], [1000, 0])
    discover('x0')
    await clock.advance(100)
    assert.deepEqual(commits[1], { put: ['x0'], forgotten: ['x11000'] })
    discover('x11000')
    await clock.advance(100)
    assert.deepEqual(commits[2], { put: ['x11000'], forgotten: ['x11001'] })
  })

  it('has one boot for a machine with any number of interfaces', async () => {
    for (let nic = 0; nic < 12_000; nic++) discover(`nic${nic}`)
    await clock.advance(100)
    assert.deepEqual(commits[0]?.put, ['m1'])
    assert.equal(await tracker.token('nic11999'), await tracker.token('m1'))
    assert.equal(await tracker.token('nic0'), undefined, 'the oldest are dropped')
  })

  it('retries a locked database every five seconds, not for every packet, then writes all', async () => {
    broken = true
    discover('m1')
    await clock.advance(100)
    for (let n = 0; n < 40; n++) {
      record('tftp:done', 'm1')
      assert.notEqual(await tracker.token('m1'), undefined, 'boots go on')
      await clock.advance(100)
    }
    assert.equal(commits.length, 1)
    assert.equal(events.filter(({ event }) => event === 'boot:state-failed').length, 1)
    broken = false
    await clock.advance(1000)
    assert.equal(commits.length, 2)
    await clock.advance(60_000)
    assert.equal(commits.length, 2, 'nothing is left to do')
    assert.equal(clock.pending, 0)
  })

  it('writes at once that a system is up', () => {
    discover('m1')
    record('os:up', 'm1')
    assert.deepEqual(commits, [{ put: ['m1'], forgotten: [] }])
  })
})
