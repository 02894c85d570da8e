import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { load } from '../../../src/config/load.ts'
import { recordHandle } from '../../../src/lab/handle-changes.ts'
import { Lab } from '../../../src/lab/lab.ts'
import type { Clock } from '../../../src/net/net.ts'
import { nodeClock } from '../../../src/net/node.ts'
import type { NfsDriver } from '../../../src/nfs/driver.ts'
import { LINUX_EXPORTS, linuxDriver } from '../../../src/nfs/drivers/linux.ts'
import type { SessionRecord } from '../../../src/session/record.ts'
import { addMachine } from '../../../src/verbs/machines/add.ts'
import { shareEnvironments } from '../../../src/verbs/shares/share.ts'
import { unshareEnvironments } from '../../../src/verbs/shares/unshare.ts'
import { NfsHost } from '../../nfs/nfs-host.ts'
import { beError } from '../../support/errors.ts'
import { FakeLinux } from '../../support/fake-linux.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

/** A clock on which a minute passes in a tenth of a second. */
const hurried: Clock = {
  now: () => Date.now(),
  monotonic: () => nodeClock.monotonic() * 600,
  timer: (ms, run) => nodeClock.timer(ms / 600, run),
}

describe('verbs/shares/share', () => {
  const tmp = temporaryDirectory()
  let nfs: NfsHost
  let host: FakeLinux
  let said: string[]
  const open: Lab[] = []

  beforeEach(async () => {
    nfs = await NfsHost.start()
    host = new FakeLinux(nfs)
    said = []
    for (const be of ['a', 'b', 'c']) {
      const path = join(realpathSync(tmp.path), 'ROOT', be)
      mkdirSync(path, { recursive: true })
      host.directory(path)
    }
  })
  afterEach(() => {
    for (const lab of open.splice(0)) lab.close()
    nfs.server.stop()
  })

  function makeLab(clock = nodeClock): Lab {
    const flags = {
      'lab.address': '127.0.0.1/8',
      'lab.pool': '127.0.0.9-127.0.0.9',
      'be.root': join(tmp.path, 'ROOT'),
      'state.dir': join(tmp.path, 'state'),
      'exports.dir': join(tmp.path, 'state/exports.d'),
    }
    const driver: NfsDriver = linuxDriver({ host, warn: line => said.push(line) })
    const access = { server: '127.0.0.1', host: async () => host, driver: async () => driver, close() {} }
    const options = { network: nfs.network, clock, say: (line: string) => said.push(line), nfs: access }
    const made = new Lab({ ...load({ flags }), platform: 'linux' }, options)
    open.push(made)
    return made
  }
  const shared = (): string[] =>
    makeLab()
      .shares.all()
      .map(({ be }) => be)
  const record = (ago: number, event: string, more: Partial<SessionRecord>): void => {
    const time = new Date(Date.now() - ago * 1000).toISOString()
    const line = JSON.stringify({ time, mac: '02:00:00:00:00:01', machine: 'm1', event, ...more })
    mkdirSync(join(tmp.path, 'state'), { recursive: true })
    appendFileSync(join(tmp.path, 'state/sessions.jsonl'), `${line}\n`)
  }
  const loading = (ago: number): void => {
    record(ago, 'boot:plan', { stage: 'loader', detail: { handoff: 'nfs' } })
    record(ago, 'dhcp:ack', { stage: 'loader' })
  }

  it('shares several with one reload, or none of them', async () => {
    const lab = makeLab()
    const roots = await shareEnvironments(lab, { names: ['a', 'b', 'a'] })
    assert.deepEqual([roots!.length, host.count('exportfs -a')], [2, 1])
    await assert.rejects(shareEnvironments(lab, { names: ['c', 'none'] }), beError('BE_UNKNOWN'))
    assert.deepEqual([shared(), host.count('exportfs -a')], [['a', 'b'], 1])
    await unshareEnvironments(lab, { names: ['a', 'b'] })
    assert.deepEqual([shared(), host.count('exportfs -a')], [[], 2])
  })

  it('what machines run is not withdrawn without force: they are named', async () => {
    const lab = makeLab()
    await shareEnvironments(lab, { names: ['a', 'b', 'c'] })
    const counts = { stages: [], moved: true, calls: 0, bytes: { tftp: 0, http: 0, nfs: 0 }, addresses: [] }
    for (const [be, mac] of Object.entries({ a: '02:00:00:00:00:01', b: '02:00:00:00:00:02' })) {
      const began = Date.now()
      const boot = { mac, be, began, heard: began, reached: { asked: began, up: began }, ...counts }
      lab.boots.put([{ machine: mac, token: be, boot }])
    }
    addMachine(lab, { name: 'm1', mac: '02:00:00:00:00:01', fields: {} })
    const refused = (names: string[] | undefined, line: RegExp) =>
      assert.rejects(unshareEnvironments(lab, { names }), beError('BE_IN_USE', line))
    await refused(['a', 'c'], /^a is run by m1; .*be unshare -f a c/)
    await refused(undefined, /^a is run by m1; b is run by 02:00:00:00:00:02; .*be unshare -f --all/)
    assert.deepEqual(shared(), ['a', 'b', 'c'])
    await unshareEnvironments(lab, { names: ['c'] })
    assert.deepEqual(shared(), ['a', 'b'])
    await unshareEnvironments(lab, { force: true })
    assert.deepEqual(shared(), [])
  })

  it('two at the same time run one after the other: each writes all shares', async () => {
    await Promise.all([
      shareEnvironments(makeLab(), { names: ['a'] }),
      shareEnvironments(makeLab(), { names: ['b'] }),
      shareEnvironments(makeLab(), { names: ['c'] }),
    ])
    assert.deepEqual(shared(), ['a', 'b', 'c'])
    const lines = host.files.get(LINUX_EXPORTS)!.split('\n')
    assert.equal(lines.filter(line => line.startsWith('/')).length, 3)
  })

  it('waits for a machine that is between loader and kernel, and names it', async () => {
    loading(59.5)
    await shareEnvironments(makeLab(), { names: ['a'] })
    assert.match(said.join('\n'), /waiting for m1: between loader and kernel/)
    assert.deepEqual(shared(), ['a'])
  })

  it('fails when that takes long, with the time after which to try again; -f does not wait', async () => {
    loading(10)
    const refused = shareEnvironments(makeLab(hurried), { names: ['a'] })
    await assert.rejects(refused, beError('BE_EXPORT_BOOT_RUNNING', /m1 .*try again in [45]\d s.*-f/))
    assert.deepEqual([shared(), host.count('exportfs')], [[], 0])
    assert.equal((await refused.catch(error => error)).exit, 'tryAgain')
    await shareEnvironments(makeLab(), { names: ['a'], force: true })
    assert.deepEqual(shared(), ['a'])
  })

  it('logs when a BE was recreated: machines that run from the former one have stale handles', async () => {
    const lab = makeLab()
    const events: SessionRecord[] = []
    lab.sessionLog.listen(event => events.push(event))
    const [root] = (await shareEnvironments(lab, { names: ['a'] }))!
    await shareEnvironments(lab, { names: ['a'] })
    assert.equal(events.length, 0)
    nfs.exports.set(root!.path, Buffer.from('another'))
    await shareEnvironments(lab, { names: ['a'] })
    const [event] = events
    assert.deepEqual([events.length, event!.event, event!.be], [1, 'nfs:handle-changed', 'a'])
    assert.match(String(event!.detail?.why), /recreated/)
    assert.equal(event!.detail?.is, Buffer.from('another').toString('hex'))
  })

  it('works where the state cannot be written: the handle is not recorded', async () => {
    const lab = makeLab()
    await shareEnvironments(lab, { names: ['a'] })
    lab.database.run(
      "CREATE TRIGGER full BEFORE UPDATE OF handle ON shares BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    )
    const [root] = (await shareEnvironments(lab, { names: ['a'] }))!
    recordHandle(lab, { ...root!, handle: Buffer.from('another') })
    assert.deepEqual(shared(), ['a'])
  })

  it('refuses a BE whose data set is not mounted according to its store', async () => {
    const lab = makeLab()
    const path = join(tmp.path, 'ROOT/a')
    const fileSystems = async () => [{ inside: '', path, dataSet: 'zroot/ROOT/a', mounted: false }]
    Object.defineProperty(lab, 'store', { value: Object.assign(lab.store, { fileSystems }) })
    await assert.rejects(
      shareEnvironments(lab, { names: ['a'] }),
      beError('BE_EXPORT_NOT_MOUNTED', /be mount a/),
    )
    assert.equal(host.count('exportfs'), 0)
  })
})
