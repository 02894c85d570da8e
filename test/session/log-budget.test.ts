import assert from 'node:assert/strict'
import { SimClock } from '../../src/net/sim/clock.ts'
import type { SessionEvent } from '../../src/session/event.ts'
import { LogBudget } from '../../src/session/log-budget.ts'

const FILE = 1 << 20
const DAY = 86_400_000

describe('session/log-budget', () => {
  let clock: SimClock
  let events: SessionEvent[]
  let budget: LogBudget

  beforeEach(() => {
    clock = new SimClock()
    events = []
    budget = new LogBudget({ clock, emit: event => events.push(event), fileBytes: FILE })
  })

  /** How many of these lines are written; each is at least 160 bytes. */
  const written = (count: number, make: (n: number) => Partial<SessionEvent>): number => {
    let sum = 0
    for (let n = 0; n < count; n++) {
      if (budget.admits({ time: '', event: 'dhcp:discover', ...make(n) })) sum++
    }
    return sum
  }
  const unknown = (n: number) => ({ mac: `x${n}` })

  it('all unknown hosts together get an eighth of a file, and as much again in a day', async () => {
    assert.equal(written(12_000, unknown), Math.floor(FILE / 8 / 160))
    assert.equal(
      written(12_000, n => ({ event: 'http:get', ip: `10.0.${n >> 8}.${n & 255}` })),
      0,
    )
    await clock.advance(DAY / 2)
    assert.equal(written(12_000, unknown), Math.floor(FILE / 16 / 160))
  })

  it('that leaves the lines of the inventory, of the service, and warnings', () => {
    written(12_000, unknown)
    assert.equal(
      written(100, () => ({ mac: 'm', machine: 'm1' })),
      100,
    )
    assert.equal(
      written(100, () => ({ event: 'nfs:serving', detail: { shares: 1 } })),
      100,
    )
    assert.equal(
      written(1, () => ({ mac: 'x', level: 'error', event: 'dhcp:pool-full' })),
      1,
    )
    const forged = () => ({ event: 'dhcp:malformed', level: 'warn' as const, detail: { from: '10.0.0.1' } })
    assert.ok(written(12_000, forged) < FILE / 32 / 160)
  })

  it('one machine, or who uses its address, takes an eighth of a file at once, and nothing from the others', async () => {
    assert.equal(
      written(12_000, () => ({ mac: 'm', machine: 'm1' })),
      Math.floor(FILE / 8 / 160),
    )
    assert.equal(
      written(100, () => ({ mac: 'n', machine: 'm2' })),
      100,
    )
    await clock.advance(DAY / 16)
    assert.equal(
      written(12_000, () => ({ mac: 'm', machine: 'm1' })),
      Math.floor(FILE / 16 / 160),
    )
  })

  it('a repeated line of an unknown host is counted, for ten seconds', async () => {
    const fetch = (n: number) => ({ event: 'http:get', ip: '10.0.0.9', detail: { file: `/f${n % 2}` } })
    assert.equal(written(1000, fetch), 2, 'one for each file')
    await clock.advance(10_000)
    assert.equal(written(1000, fetch), 2)
  })

  it('what was left out is one line a minute, with numbers', async () => {
    const count = 12_000 - written(12_000, unknown)
    written(3, () => unknown(0))
    await clock.advance(60_000)
    const { event, level, detail } = events[0]!
    assert.deepEqual([event, level, events.length], ['log:left-out', 'warn', 1])
    assert.equal(Number(detail?.unknown) + Number(detail?.repeated), count + 3)
    assert.equal(detail?.events, `dhcp:discover:${count + 3}`)
    assert.ok(budget.admits({ time: '', ...events[0]! }), 'not limited itself')
    await clock.advance(600_000)
    assert.equal(events.length, 1)
    assert.equal(clock.pending, 0)
    written(12_000, unknown)
    budget.stop()
    assert.equal(events.length, 2)
    assert.equal(clock.pending, 0)
  })
})
