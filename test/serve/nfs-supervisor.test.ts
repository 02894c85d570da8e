import assert from 'node:assert/strict'
import { SimNetwork } from '../../src/net/sim/network.ts'
import type { NfsDriver } from '../../src/nfs/driver.ts'
import type { Share } from '../../src/nfs/share-list.ts'
import { NfsSupervisor, type NfsSupervisorOptions } from '../../src/serve/nfs-supervisor.ts'

const SHARE: Share = { be: 'b', path: '/ROOT/b', clients: ['10.0.0.0/8'], readOnly: false, id: 1 }

describe('serve/nfs-supervisor', () => {
  let net: SimNetwork
  let there: boolean
  let broken: boolean
  let started: number
  let shares: Share[]
  let events: string[]
  let supervisor: NfsSupervisor

  beforeEach(() => {
    net = new SimNetwork()
    there = false
    broken = false
    started = 0
    shares = [SHARE]
    events = []
    supervisor = new NfsSupervisor(options())
  })
  afterEach(async () => {
    await supervisor.stop()
    assert.equal(net.clock.pending, 0, 'no timer left')
  })

  function options(more: Partial<NfsDriver> = {}): NfsSupervisorOptions {
    const driver: NfsDriver = {
      name: 'ganesha',
      managesExports: true,
      settleMs: 0,
      check: async () => {},
      apply: async () => [],
      fragment: () => ({ fileName: '', text: '' }),
      running: async () => there,
      async start() {
        started++
        if (broken) throw new Error('port 2049 is taken')
        there = true
      },
      ...more,
    }
    return {
      driver,
      clock: net.clock,
      emit: ({ event }) => events.push(event),
      shares: () => shares,
      alone: work => work(),
    }
  }

  it('starts the server again when it has ended, and logs both', async () => {
    await supervisor.start()
    await net.clock.advance(60_000)
    assert.equal(started, 1, 'one that runs is left alone')
    there = false
    await net.clock.advance(5000)
    assert.equal(started, 2)
    assert.deepEqual(events, ['nfs:serving', 'nfs:gone', 'nfs:serving'])
  })

  it('does not start it while a command is restarting it', async () => {
    await supervisor.start()
    await net.clock.advance(500)
    there = false
    await net.clock.advance(1000)
    there = true
    await net.clock.advance(60_000)
    assert.equal(started, 1)
  })

  it('retries a failed start after a delay', async () => {
    broken = true
    await supervisor.start()
    await net.clock.advance(10_000)
    assert.deepEqual(events, ['nfs:failed'])
    await net.clock.advance(120_000)
    assert.ok(started >= 3 && started <= 6, `${started} times`)
    broken = false
    await net.clock.advance(60_000)
    assert.equal(there, true)
  })

  it('exports all shares as soon as possible on a host whose server it does not check', async () => {
    supervisor = new NfsSupervisor(options({ running: undefined }))
    broken = true
    await supervisor.start()
    await net.clock.advance(65_000)
    assert.deepEqual(events, ['nfs:failed', 'nfs:failed', 'nfs:failed'])
    broken = false
    await net.clock.advance(300_000)
    assert.equal(events.at(-1), 'nfs:serving')
    assert.equal(started, 4, 'and then not again')
  })

  it('starts nothing while nothing is shared', async () => {
    await supervisor.start()
    there = false
    shares = []
    await net.clock.advance(60_000)
    assert.equal(started, 1)
  })

  it('does not start a server that the driver does not start', async () => {
    supervisor = new NfsSupervisor(options({ start: undefined, running: undefined }))
    await supervisor.start()
    assert.equal(net.clock.pending, 0)
    assert.deepEqual(events, [])
  })
})
