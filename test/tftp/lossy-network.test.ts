import assert from 'node:assert/strict'
import type { Impairments } from '../../src/net/sim/medium.ts'
import { seededRandom } from '../../src/net/sim/random.ts'
import { buildAck, buildData, buildError, buildOack, buildRequest } from '../../src/tftp/packet.ts'
import { mutated } from '../support/mutate.ts'
import { Lab, pattern, SERVER } from './support.ts'

const SIZE = 300_000
const BYTES = pattern(SIZE)

describe('tftp on a lossy network', () => {
  const shapes: [name: string, options: [string, string][]][] = [
    ['without options', []],
    [
      'as a FreeBSD loader',
      [
        ['blksize', '1428'],
        ['tsize', '0'],
      ],
    ],
    [
      'as OVMF, windows of 4',
      [
        ['blksize', '1468'],
        ['windowsize', '4'],
      ],
    ],
    [
      'windows of 16',
      [
        ['blksize', '1468'],
        ['windowsize', '16'],
      ],
    ],
  ]
  const weathers: [name: string, impairments: Partial<Impairments>][] = [
    ['2 % loss', { loss: 0.02 }],
    ['30 % loss', { loss: 0.3 }],
    ['30 % duplicates', { duplication: 0.3 }],
    ['30 % out of order', { reordering: 0.3, jitterMs: 5 }],
    ['a slow line', { latencyMs: 150 }],
    ['all of it', { loss: 0.15, duplication: 0.15, reordering: 0.3, jitterMs: 30, latencyMs: 5 }],
  ]
  for (const [sky, impairments] of weathers) {
    for (const [name, options] of shapes) {
      it(`transfers 300 KB without a damaged byte, ${name}, with ${sky}`, async () => {
        for (const seed of [1, 2, 3]) {
          const lab = await new Lab({}, impairments, seed).up()
          lab.files.add('f', BYTES)
          const got = await lab.get('f', { options })
          assert.ok(got.bytes.equals(BYTES), `seed ${seed}`)
          await lab.net.clock.advance(60_000)
          assert.equal(lab.server.active, 0)
          assert.equal(lab.net.clock.pending, 0)
          assert.equal(lab.files.opened, lab.files.closed)
        }
      })
    }
  }

  it('sends a block twice at most when packets are only doubled, and never without a window', async () => {
    for (const [, options] of shapes) {
      const lab = await new Lab({}, { duplication: 0.3 }, 7).up()
      lab.files.add('f', BYTES)
      await lab.get('f', { options })
      const detail = lab.named('tftp:done')[0]!.detail as {
        retransmits: number
        window: number
        blksize: number
      }
      // In a window, a client's ACK of a duplicate looks like one of a gap, which causes one resend.
      const most = detail.window === 1 ? 0 : Math.ceil(SIZE / detail.blksize)
      assert.ok(detail.retransmits <= most, `${detail.retransmits} blocks sent again although none was lost`)
    }
  })

  it('recovers from 2 % loss within round trips, not seconds', async () => {
    const lab = await new Lab({}, { loss: 0.02 }, 11).up()
    lab.files.add('f', pattern(1_000_000))
    const before = lab.net.clock.monotonic()
    await lab.get('f', { options: [['blksize', '1432']] })
    const lost = lab.net.clock.monotonic() - before
    assert.ok(lost < 2_000, `${lost} ms of simulated time`)
  })

  it('survives 20,000 mutated packets to its request port and to a transfer port', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', BYTES)
    const random = seededRandom(42)
    const seeds = [
      buildRequest({
        kind: 'rrq',
        file: 'f',
        mode: 'octet',
        options: [
          ['blksize', '1468'],
          ['windowsize', '4'],
        ],
      }),
      buildRequest({ kind: 'wrq', file: 'f', mode: 'octet', options: [] }),
      buildAck(1),
      buildData(1, Buffer.from('x')),
      buildError(0, 'x'),
      buildOack([['tsize', '0']]),
    ]
    const socket = await lab.host('10.0.0.66').udp({ address: '10.0.0.66', port: 0 })
    const heard: number[] = []
    socket.onMessage((_data, from) => heard.push(from.port))
    for (let i = 0; i < 20_000; i++) {
      const port = i % 2 === 0 ? SERVER.port : (heard.at(-1) ?? SERVER.port)
      socket.send(mutated(seeds[i % seeds.length]!, random), { address: SERVER.address, port })
      if (i % 200 === 0) await lab.net.clock.advance(1)
    }
    assert.ok(lab.server.counts.malformed > 1000)
    const got = await lab.get('f')
    assert.ok(got.bytes.equals(BYTES), 'another client is served as if nothing had happened')
    await lab.net.clock.advance(120_000)
    assert.equal(lab.server.active, 0)
    assert.equal(lab.net.ports.length, 2, 'no socket is left over')
    assert.equal(lab.files.opened, lab.files.closed)
  })

  it('ignores datagrams of one byte to a transfer port', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', BYTES)
    const address = '10.0.0.2'
    const got = await lab.get('f', {
      address,
      onPacket: (packet, from) => {
        if (packet.kind === 'data' && packet.block < 5) {
          for (const junk of [Buffer.alloc(0), Buffer.alloc(1), Buffer.from([0, 4, 0])]) {
            lab.net.transmit({ address, port: 49152 }, from, junk)
          }
        }
        return undefined
      },
    })
    assert.ok(got.bytes.equals(BYTES))
    assert.ok(lab.net.sent.some(({ data, to }) => data.length === 1 && to.port === got.tid.port))
  })

  it('ends 5,000 transfers that were opened and abandoned', async () => {
    const lab = await new Lab().up()
    lab.files.add('f', BYTES)
    const request = buildRequest({ kind: 'rrq', file: 'f', mode: 'octet', options: [] })
    for (let i = 0; i < 5000; i++) {
      const from = { address: `10.0.${1 + (i >> 7)}.${1 + (i & 127)}`, port: 2000 }
      lab.net.transmit(from, SERVER, request)
    }
    await lab.net.clock.advance(10)
    assert.equal(lab.server.active, 2000)
    await lab.net.clock.advance(30_000)
    assert.equal(lab.server.active, 0)
    assert.equal(lab.net.ports.length, 1)
    assert.equal(lab.files.opened, lab.files.closed)
    assert.equal(lab.server.counts.dropped, 3000)
  })
})
