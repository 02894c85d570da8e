import assert from 'node:assert/strict'
import fc from 'fast-check'
import { negotiate } from '../../src/tftp/options.ts'
import type { Options } from '../../src/tftp/packet.ts'

const LIMITS = { maxBlockSize: 1468, maxWindow: 64 }
const settle = (asked: Options, size = 640_000) => negotiate(asked, size, LIMITS)

describe('tftp options', () => {
  it("answers FreeBSD's loader with exactly what it asked for: anything else aborts it", () => {
    const terms = settle([
      ['blksize', '1428'],
      ['tsize', '0'],
    ])
    assert.deepEqual(terms, {
      blockSize: 1428,
      window: 1,
      accepted: [
        ['blksize', '1428'],
        ['tsize', '640000'],
      ],
    })
  })

  it('keeps the order and spelling of the client', () => {
    const terms = settle([
      ['TSize', '0'],
      ['BLKSIZE', '512'],
    ])
    assert.deepEqual(terms.accepted, [
      ['TSize', '640000'],
      ['BLKSIZE', '512'],
    ])
  })

  it('never agrees to a block that would be fragmented, nor to a larger window than it keeps', () => {
    const terms = settle([
      ['blksize', '65464'],
      ['windowsize', '65535'],
    ])
    assert.deepEqual(terms.accepted, [
      ['blksize', '1468'],
      ['windowsize', '64'],
    ])
    assert.equal(terms.blockSize, 1468)
    assert.equal(terms.window, 64)
  })

  it('takes the interval that a client asks for (RFC 2349)', () => {
    assert.equal(settle([['timeout', '3']]).timeoutMs, 3000)
    for (const bad of ['0', '256', 'soon']) assert.deepEqual(settle([['timeout', bad]]).accepted, [], bad)
  })

  it('ignores unknown, senseless and repeated options, so that the transfer still works', () => {
    const terms = settle([
      ['multicast', ''],
      ['blksize', '7'],
      ['blksize', '1024'],
      ['blksize', '512'],
      ['windowsize', '0'],
      ['tsize', '-1'],
      ['constructor', '1'],
      ['__proto__', '1'],
    ])
    assert.deepEqual(terms.accepted, [['blksize', '1024']])
    assert.equal(terms.window, 1)
  })

  it('answers only options of the request, with no larger value, for all requests', () => {
    const name = fc.constantFrom('blksize', 'tsize', 'timeout', 'windowsize', 'x', 'BlkSize')
    const value = fc.oneof(fc.nat({ max: 70_000 }).map(String), fc.string({ maxLength: 8 }))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), asked => {
        const { accepted, blockSize, window } = settle(asked as Options)
        for (const [option, answer] of accepted) {
          const matching = asked.filter(([n]) => n === option)
          assert.ok(matching.length > 0)
          if (option !== 'tsize') assert.ok(matching.some(([, v]) => Number(answer) <= Number(v)))
        }
        assert.ok(blockSize >= 8 && blockSize <= 1468 && window >= 1 && window <= 64)
      }),
    )
  })
})
