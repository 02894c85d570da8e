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
  /** What each commit put and forgot. */
  let commits: { put: string[]; forgotten: string[] }[]
  let broken: boolean

  beforeEach(() => {
    clock = new SimClock()
    events = []
    commits = []
    broken = false
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
      machineOf: mac => (mac.startsWith('nic') ? 'm1' : undefined),
      servesRoots: () => false,
    })
  })
  afterEach(() => tracker.stop())

  const tell = (event: string, mac: string) =>
    tracker.track({ time: new Date(clock.now()).toISOString(), event, stage: 'firmware', mac })
  const asks = (mac: string) => tell('dhcp:discover', mac)

  it('a machine that is heard of is not forgotten for 10,000 strangers', async () => {
    asks('m1')
    asks('m2')
    for (let stranger = 0; stranger < 10_000; stranger++) {
      asks(`x${stranger}`)
      if (stranger % 1000 === 0) tell('nfs:traffic', 'm1')
    }
    assert.notEqual(await tracker.token('m1'), undefined)
    assert.equal(await tracker.token('m2'), undefined, 'longest unheard of')
  })

  it('strangers that are forgotten cost no commit of their own: a flood of made-up MACs is one', async () => {
    for (let stranger = 0; stranger < 12_000; stranger++) asks(`x${stranger}`)
    assert.equal(commits.length, 0)
    await clock.advance(100)
    assert.equal(commits.length, 1)
    assert.equal(commits[0]?.put.length, 10_000)
    assert.equal(commits[0]?.forgotten.length, 2000)
    asks('x0')
    await clock.advance(100)
    assert.deepEqual(commits[1], { put: ['x0'], forgotten: ['x2000'] })
  })

  it('a machine is one, however many interfaces are made up for it', async () => {
    for (let nic = 0; nic < 12_000; nic++) asks(`nic${nic}`)
    await clock.advance(100)
    assert.deepEqual(commits[0]?.put, ['m1'])
    assert.equal(await tracker.token('nic11999'), await tracker.token('m1'))
    assert.equal(await tracker.token('nic0'), undefined, 'the oldest are forgotten')
  })

  it('a locked database is tried every five seconds, not for every packet; then all is there', async () => {
    broken = true
    asks('m1')
    await clock.advance(100)
    for (let n = 0; n < 40; n++) {
      tell('tftp:done', 'm1')
      assert.notEqual(await tracker.token('m1'), undefined, 'no boot waits for it')
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

  it('that a system is up is on disk at once', () => {
    asks('m1')
    tell('os:up', 'm1')
    assert.deepEqual(commits, [{ put: ['m1'], forgotten: [] }])
  })
})
