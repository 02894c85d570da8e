import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BeError } from '../../src/errors/errors.ts'
import type { HttpHandler } from '../../src/net/net.ts'
import { SimClock } from '../../src/net/sim/clock.ts'
import type { Session } from '../../src/serve/boots/tracker.ts'
import { CallBackHandler } from '../../src/serve/call-back.ts'
import { applyRecord } from '../../src/session/boots.ts'
import type { SessionEvent } from '../../src/session/event.ts'
import { type Database, openDatabase } from '../../src/state/database.ts'
import { GuestCommandTable } from '../../src/state/guest-command-table.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const TOKEN = 'abcdefghijklmnopqrstuv'
const IP = '192.168.77.9'

describe('serve/call-back', () => {
  const tmp = temporaryDirectory()
  let db: Database
  let clock: SimClock
  let events: SessionEvent[]
  let guestCommands: GuestCommandTable
  let handler: HttpHandler
  let session: Session
  let beats: number

  beforeEach(() => {
    db = openDatabase(tmp.path)
    clock = new SimClock()
    events = []
    beats = 0
    guestCommands = new GuestCommandTable(db)
    const time = new Date(clock.now()).toISOString()
    const boot = applyRecord(undefined, { time, event: 'dhcp:discover', stage: 'firmware', mac: 'm' })!
    Object.assign(boot, { be: 'fb14', addresses: [IP] })
    session = {
      machine: 'm',
      token: TOKEN,
      boot,
      since: clock.monotonic(),
      renewed: clock.monotonic(),
      known: true,
      dirty: false,
      stored: true,
    }
    const boots = {
      session: (token: string) => (token === TOKEN ? session : undefined),
      beat: () => void beats++,
    }
    const callBack = new CallBackHandler({
      clock,
      emit: event => events.push(event),
      boots,
      guestCommands,
      heartbeat: () => 30,
    })
    handler = callBack.handler(async () => ({ status: 299, headers: {} }))
  })
  afterEach(() => db.close())

  const get = async (target: string, from = IP, method = 'GET') =>
    (await handler({ method, target, headers: {}, from: { address: from, port: 1000 } })).status

  it('passes requests with other paths on to the boot files', async () => {
    for (const target of ['/', '/s', '/s/x', `/s/${TOKEN}x/up`, `/be/${TOKEN}/up`]) {
      assert.equal(await get(target), 299, target)
    }
    for (const target of [`/s/${TOKEN}`, `/s/${TOKEN}/`, `/s/${TOKEN}/else`, `//s//${TOKEN}/up`]) {
      assert.equal(await get(target), 404, `${target}: it would be logged as a file`)
    }
    assert.equal(await get(`//s/${TOKEN}/up`), 200, 'an additional slash is accepted')
    assert.equal(await get(`/s/${TOKEN}/up`, IP, 'POST'), 405)
  })

  it('a token that is a day old is refused', async () => {
    await clock.advance(86_400_001)
    assert.equal(await get(`/s/${TOKEN}/up`), 403)
    assert.match(String(events.at(-1)?.detail?.why), /expired/)
  })

  it('setting the system clock while a machine boots does not expire its token', async () => {
    session.boot.began -= 10 * 86_400_000
    assert.equal(await get(`/s/${TOKEN}/up`), 200)
  })

  it('a system may report again to get the next command after a long one; not a minute later', async () => {
    const id = guestCommands.put({
      machine: 'm',
      be: 'fb14',
      command: 'make',
      seconds: 600,
      asked: clock.now(),
    })
    assert.equal(await get(`/s/${TOKEN}/up`), 200)
    // As BootTracker records it.
    Object.assign(session.boot, { evidence: 'call-back', reached: { up: clock.now() } })
    await clock.advance(300_000)
    assert.equal(await get(`/s/${TOKEN}/done?errand=${id}&status=0`), 200)
    assert.equal(await get(`/s/${TOKEN}/up`), 200)
    assert.ok(!events.some(({ event }) => event === 'up:refused'))
    await clock.advance(60_001)
    assert.equal(await get(`/s/${TOKEN}/up`), 403)
  })

  it('a system that reports at intervals may be started anew, but gets no command then', async () => {
    const text = async (path: string) => {
      const from = { address: IP, port: 1000 }
      return String((await handler({ method: 'GET', target: `/s/${TOKEN}/${path}`, headers: {}, from })).body)
    }
    assert.equal(await text('up?beats=1'), 'beat 30\n')
    assert.equal(events.at(-1)?.detail?.beat, 30)
    Object.assign(session.boot, { evidence: 'call-back', reached: { up: clock.now() }, beat: 30_000 })
    guestCommands.put({ machine: 'm', be: 'fb14', command: 'x', seconds: 600, asked: session.boot.began })
    await clock.advance(120_000)
    assert.equal(await text('beat'), 'ok\n')
    assert.equal(await text('up?beats=1'), 'beat 30\n')
    assert.equal(await text('up'), 'refused\n')
    assert.equal(beats, 2)
    assert.equal(await text('down'), 'ok\n')
    assert.equal(events.at(-1)?.event, 'os:down')
  })

  it('a command whose time limit has passed is not run', async () => {
    guestCommands.put({ machine: 'm', be: 'fb14', command: 'reboot', seconds: 600, asked: clock.now() })
    await clock.advance(660_001)
    assert.equal(await get(`/s/${TOKEN}/up`), 200)
    assert.ok(!events.some(({ event }) => event === 'command:taken'))
  })

  it('commands of processes that were killed are deleted after a day', async () => {
    const ask = () =>
      guestCommands.put({ machine: 'm', be: 'b', command: 'x', seconds: 60, asked: clock.now() })
    const killed = ask()
    guestCommands.take({ ...{ machine: 'm', be: 'b', session: TOKEN }, began: clock.now(), now: clock.now() })
    guestCommands.addOutput(killed, 0, Buffer.alloc(1000))
    await clock.advance(86_400_000)
    ask()
    assert.notEqual(guestCommands.get(killed), undefined)
    await clock.advance(60_001)
    ask()
    assert.equal(guestCommands.get(killed), undefined)
    assert.equal(db.get('SELECT count(*) AS n FROM errand_output')?.n, 0)
  })

  it('responds 503 without details while the state is locked, and logs the reason', async () => {
    guestCommands.take = () => {
      throw new BeError('BE_STATE_BUSY', '/var/db/nbe/nbe.db is locked by another process')
    }
    const { status, body } = await handler({
      method: 'GET',
      target: `/s/${TOKEN}/up`,
      headers: {},
      from: { address: IP, port: 1000 },
    })
    assert.deepEqual([status, String(body)], [503, 'not now\n'])
    assert.equal(events.filter(({ event }) => event === 'up:failed').length, 1)
    await get(`/s/${TOKEN}/up`)
    assert.equal(events.filter(({ event }) => event === 'up:failed').length, 1, 'once a second')
  })

  it('survives random requests, and logs at most 200 characters of each value', async () => {
    const id = guestCommands.put({
      machine: 'm',
      be: 'fb14',
      command: 'true',
      seconds: 1,
      asked: clock.now(),
    })
    const names = fc.constantFrom('uname', 'root', 'booted', 'errand', 'at', 'piece', 'status', 'x')
    const values = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('0', `${id}`, '-1', '1e9', '0a'),
    )
    const query = fc.array(fc.tuple(names, values)).map(pairs => new URLSearchParams(pairs).toString())
    const what = fc.constantFrom('up', 'output', 'done')
    await fc.assert(
      fc.asyncProperty(what, fc.oneof(query, fc.string()), async (what, query) => {
        const status = await get(`/s/${TOKEN}/${what}?${query}`)
        assert.ok([200, 400, 403, 429].includes(status), `${status}`)
      }),
      { numRuns: 500 },
    )
    for (const { detail } of events) {
      for (const value of Object.values(detail ?? {})) assert.ok(String(value).length <= 200)
    }
  })
})
