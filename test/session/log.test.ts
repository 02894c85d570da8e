import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { SessionLog, sessionsFile } from '../../src/session/log.ts'
import { readRecords } from '../../src/session/read.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const START = Date.parse('2026-11-22T20:00:00Z')

describe('session/log', () => {
  const tmp = temporaryDirectory()
  let now: number
  let log: SessionLog
  const clock = { now: () => now++ }
  const file = () => sessionsFile(tmp.path)
  const open = (more = {}) => new SessionLog({ dir: tmp.path, clock, ...more })
  const all = async (filter = {}) => {
    const records: SessionRecord[] = []
    for await (const record of readRecords(file(), filter)) records.push(record)
    return records
  }
  const events = async (filter = {}) => (await all(filter)).map(({ event }) => event)

  beforeEach(() => {
    now = START
    log = open({ machineOf: (mac: string) => (mac.endsWith('1') ? 'm1' : undefined) })
  })

  it('stamps events, names the machine, and keeps their order', async () => {
    log.emit({ event: 'a', mac: '02:00:00:00:00:01', detail: { n: 1 } })
    log.emit({ event: 'b', mac: '02:00:00:00:00:02' })
    await log.flush()
    assert.deepEqual(await all(), [
      {
        time: '2026-11-22T20:00:00.000Z',
        machine: 'm1',
        mac: '02:00:00:00:00:01',
        event: 'a',
        detail: { n: 1 },
      },
      { time: '2026-11-22T20:00:00.001Z', mac: '02:00:00:00:00:02', event: 'b' },
    ])
  })

  it('logs without a name when the inventory cannot be read', async () => {
    const machineOf = () => {
      throw new Error('locked')
    }
    log = open({ machineOf })
    log.emit({ event: 'a', mac: '02:00:00:00:00:01' })
    await log.flush()
    assert.deepEqual(await events({ machine: '02:00:00:00:00:01' }), ['a'])
  })

  it('calls listeners at once, until they are removed', () => {
    const heard: string[] = []
    const stop = log.listen(({ event }) => heard.push(event))
    log.emit({ event: 'a' })
    stop()
    log.emit({ event: 'b' })
    assert.deepEqual(heard, ['a'])
  })

  it('makes its directory, and a file that other users cannot read', async () => {
    const dir = join(tmp.path, 'state')
    log = open({ dir })
    log.emit({ event: 'a' })
    await log.flush()
    assert.equal(statSync(sessionsFile(dir)).mode & 0o037, 0)
  })

  it('is read by machine or MAC, since a time, and the last N', async () => {
    for (const n of [1, 2, 1, 2, 1]) log.emit({ event: `e${now - START}`, mac: `02:00:00:00:00:0${n}` })
    await log.flush()
    assert.deepEqual(await events({ machine: 'm1' }), ['e0', 'e2', 'e4'])
    assert.deepEqual(await events({ machine: '02:00:00:00:00:02' }), ['e1', 'e3'])
    assert.deepEqual(await events({ since: START + 3 }), ['e3', 'e4'])
    assert.deepEqual(await events({ machine: 'm1', last: 2 }), ['e2', 'e4'])
    assert.deepEqual(await events({ last: 0 }), [])
  })

  it('no log yet: nothing to read', async () => {
    assert.deepEqual(await events(), [])
  })

  it('a line cut by a crash does not damage the next one', async () => {
    writeFileSync(file(), '{"time":"2026-11-22T20:00:00.000Z","event":"a"}\n{"time":"2026-11-22T2')
    assert.deepEqual(await events(), ['a'])
    log.emit({ event: 'b' })
    await log.flush()
    appendFileSync(file(), '{"torn')
    assert.deepEqual(await events(), ['a', 'b'])
  })

  it('begins a new file at the limit and still reads both', async () => {
    log = open({ rotateAt: 100 })
    for (const event of ['a', 'b', 'c', 'd']) {
      log.emit({ event })
      await log.flush()
    }
    assert.ok(existsSync(`${file()}.1`))
    assert.ok(statSync(file()).size < 200)
    assert.deepEqual((await events()).slice(-2), ['c', 'd'])
  })

  it('rotation by the service loses no event of a command that writes at the same time', async () => {
    const server = open({ rotateAt: 6000 })
    const command = open()
    for (let n = 0; n < 100; n++) {
      for (const log of [server, command]) log.emit({ event: `e${n}` })
      await Promise.all([server.flush(), command.flush()])
    }
    assert.ok(existsSync(`${file()}.1`))
    assert.equal((await events()).length, 200)
  })

  it('the service goes on in a new file when another program has renamed or removed its own', async () => {
    log = open({ rotateAt: 1 << 20 })
    const write = async (event: string) => {
      log.emit({ event })
      await log.flush()
    }
    await write('a')
    renameSync(file(), `${file()}.1`)
    await write('b')
    await write('c')
    assert.deepEqual(await events(), ['a', 'b', 'c'])
    assert.match(readFileSync(file(), 'utf8'), /"b".*"c"/s)
    rmSync(file())
    await write('d')
    assert.deepEqual(await events(), ['a', 'd'])
    await log.close()
  })

  it('a disk that fails is reported once, and the events are written when it works again', async () => {
    const errors: string[] = []
    log = open({ onError: (message: string) => errors.push(message) })
    mkdirSync(file())
    for (const event of ['a', 'b']) {
      log.emit({ event })
      await log.flush()
    }
    assert.equal(errors.length, 1)
    assert.match(errors[0]!, /cannot write .*sessions\.jsonl/)
    rmSync(file(), { recursive: true })
    log.emit({ event: 'c' })
    await log.flush()
    assert.deepEqual(await events(), ['a', 'b', 'c'])
  })

  describe('on a full disk', () => {
    let dir: string
    const mount = (size: string, ...options: string[]) =>
      execa('mount', ['-t', 'tmpfs', '-o', [...options, `size=${size}`].join(), 'small', dir])

    beforeEach(async () => {
      dir = join(tmp.path, 'small')
      mkdirSync(dir)
      await mount('64k')
    })
    afterEach(() => execa('umount', [dir]))

    it('cuts no line and repeats none: the rest follows when there is room', async () => {
      const reported: string[] = []
      log = open({ dir, onError: (message: string) => reported.push(message) })
      writeFileSync(join(dir, 'ballast'), Buffer.alloc(40_000))
      for (let n = 0; n < 400; n++) log.emit({ event: `e${n}`, detail: { text: 'x'.repeat(60) } })
      await log.flush()
      assert.match(reported.join(), /ENOSPC/)
      assert.match(readFileSync(sessionsFile(dir), 'utf8'), /[^\n]$/, 'it ends in the middle of a line')
      await mount('1m', 'remount')
      log.emit({ event: 'last' })
      await log.flush()
      const got: string[] = []
      for await (const { event } of readRecords(sessionsFile(dir))) got.push(event)
      assert.deepEqual(got, [...Array.from({ length: 400 }, (_, n) => `e${n}`), 'last'])
      assert.equal(reported.length, 1)
    })
  })

  it('writes the records that `keeps` selects; listeners get all', async () => {
    const heard: string[] = []
    log = open({ keeps: ({ event }: SessionRecord) => event !== 'b' })
    log.listen(({ event }) => heard.push(event))
    for (const event of ['a', 'b', 'c']) log.emit({ event })
    await log.flush()
    assert.deepEqual(
      [heard, await events()],
      [
        ['a', 'b', 'c'],
        ['a', 'c'],
      ],
    )
  })

  it('`last` counts the records that match, not those of level debug that `terse` leaves out', async () => {
    for (const level of ['info', 'debug', 'debug'] as const) log.emit({ event: level, level })
    await log.flush()
    assert.deepEqual(await events({ last: 1, terse: true }), ['info'])
    assert.deepEqual(await events({ last: 1 }), ['debug'])
  })

  it('writes many events of one tick completely', async () => {
    for (let n = 0; n < 5000; n++) log.emit({ event: `e${n}` })
    await log.flush()
    assert.equal(readFileSync(file(), 'utf8').split('\n').length, 5001)
    assert.equal((await all()).at(-1)?.event, 'e4999')
  })
})
