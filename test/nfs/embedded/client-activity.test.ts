import assert from 'node:assert/strict'
import { SimClock } from '../../../src/net/sim/clock.ts'
import { ClientActivity } from '../../../src/nfs/embedded/client-activity.ts'
import { Volume } from '../../../src/nfs/embedded/files/volume.ts'
import type { SessionEvent } from '../../../src/session/event.ts'
import { share } from './serving.ts'

describe('nfs/embedded/client-activity', () => {
  const volume = new Volume(share('/ROOT/fb14', { be: 'fb14' }), '/ROOT/fb14', 1)
  const node = { volume } as Parameters<ClientActivity['recordCall']>[2]
  const by = (transport: 'udp' | 'tcp', address = '10.0.0.5') => ({
    ...{ from: { address, port: 900 }, transport, credential: undefined },
  })
  let clock: SimClock
  let events: SessionEvent[]
  let activity: ClientActivity

  beforeEach(() => {
    clock = new SimClock()
    events = []
    activity = new ClientActivity(clock, event => events.push(event), '10.0.0.1')
  })

  it('eighty mounts and hundreds of reads of a loader are one nfs:handle and one sum', async () => {
    for (let file = 0; file < 80; file++) {
      activity.recordMount(by('udp'), volume)
      for (let read = 0; read < 10; read++) activity.recordCall('READ', by('udp'), node, 1024)
      await clock.advance(50)
    }
    await clock.advance(10_000)
    activity.stop()
    assert.deepEqual(events, [
      { event: 'nfs:handle', ip: '10.0.0.5', be: 'fb14', detail: { path: '/ROOT/fb14', proto: 'udp' } },
      {
        ...{ event: 'nfs:traffic', level: 'debug', ip: '10.0.0.5', be: 'fb14' },
        detail: { reads: 800, bytes: 819_200, calls: 880 },
      },
    ])
    assert.equal(clock.pending, 0)
  })

  it('nfs:mounted is emitted once for a boot', async () => {
    const root = { volume, isRoot: true } as typeof node
    const kernel = () => {
      for (let again = 0; again < 3; again++) activity.recordCall('FSINFO', by('tcp'), root, 100)
    }
    activity.recordMount(by('udp'), volume)
    kernel()
    await clock.advance(5000)
    activity.recordMount(by('tcp'), volume)
    activity.recordMount(by('udp'), volume)
    kernel()
    activity.stop()
    const emitted = events.filter(({ level }) => level === undefined).map(({ event }) => event)
    assert.deepEqual(emitted, ['nfs:handle', 'nfs:mounted', 'nfs:handle', 'nfs:mounted'])
  })

  it('reports the loader’s calls before nfs:mounted, so that later ones show that the kernel runs', async () => {
    const root = { volume, isRoot: true } as typeof node
    activity.recordMount(by('udp'), volume)
    for (let read = 0; read < 900; read++) activity.recordCall('READ', by('udp'), node, 1024)
    activity.recordCall('FSINFO', by('tcp'), root, 100)
    await clock.advance(10_000)
    activity.stop()
    const emitted = events.map(({ event, detail }) => [event, detail?.calls])
    assert.deepEqual(emitted, [
      ['nfs:handle', undefined],
      ['nfs:traffic', 902],
      ['nfs:mounted', undefined],
    ])
  })

  it('clients that mount over and over, under however many addresses, do not fill the log', async () => {
    const other = new Volume(share('/ROOT/fb15', { be: 'fb15' }), '/ROOT/fb15', 2)
    for (let again = 0; again < 500; again++) activity.recordMount(by('udp'), again % 2 ? volume : other)
    assert.equal(events.length, 20)
    for (let host = 0; host < 5000; host++) {
      activity.recordMount(by('udp', `10.1.${host >> 8}.${host & 255}`), volume)
    }
    assert.ok(events.length <= 1000, `${events.length} events`)
    await clock.advance(10_000)
    events.length = 0
    activity.recordMount(by('udp', '10.0.0.7'), volume)
    assert.equal(events.length, 1)
  })

  it('a machine whose kernel runs is not forgotten for thousands that only mount', async () => {
    activity.recordMount(by('udp'), volume)
    activity.recordCall('READ', by('tcp'), node, 1024)
    for (let host = 0; host < 9000; host++) {
      activity.recordMount(by('udp', `10.1.${host >> 8}.${host & 255}`), volume)
    }
    await clock.advance(10_000)
    const traffic = events.find(({ event, ip }) => event === 'nfs:traffic' && ip === '10.0.0.5')
    assert.equal(traffic?.detail?.calls, 2)
  })

  it('a client that calls by TCP is not forgotten for forged datagrams, nor are they all kept', () => {
    activity.recordMount(by('tcp'), volume)
    for (let n = 0; n < 6000; n++) activity.recordMount(by('udp', `10.1.${n >> 8}.${n & 255}`), volume)
    activity.recordMount(by('tcp'), volume)
    activity.recordMount(by('udp', '10.1.0.0'), volume)
    events = []
    activity.stop()
    assert.equal(events.length, 1 + 1024, 'kept: those by TCP, and 1024 others')
  })

  it('ignores calls from this host, which verify shares', () => {
    activity.recordMount(by('udp', '10.0.0.1'), volume)
    activity.stop()
    assert.deepEqual(events, [])
  })
})
