import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { encodeRecord, RecordReader } from '../../src/rpc/record.ts'
import { beError } from '../support/errors.ts'

/** A message in fragments of a given size. */
function fragmented(message: Buffer, size: number): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = encodeRecord(message.subarray(at, at + size))
    if (at + size < message.length) part[0] = part[0]! & 0x7f
    parts.push(part)
  }
  return Buffer.concat(parts)
}

describe('rpc/record', () => {
  it('encodes one last fragment as in RFC 5531, section 11', () => {
    assert.equal(encodeRecord(Buffer.from('abcd')).toString('hex'), '8000000461626364')
  })

  it('reassembles messages for any fragmentation, and any division of the stream', () => {
    const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(
        messages,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 9 }),
        (list, size, cut) => {
          const wanted = list.map(bytes => Buffer.from(bytes))
          const stream = Buffer.concat(wanted.map(message => fragmented(message, size)))
          const reader = new RecordReader()
          const got: Buffer[] = []
          for (let at = 0; at < stream.length; at += cut)
            got.push(...reader.push(stream.subarray(at, at + cut)))
          assert.deepEqual(got, wanted)
        },
      ),
    )
  })

  it('a message in very many pieces takes little more memory than its length', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc')
    const many = 200_000
    const [fragments, bytes] = [new RecordReader(), new RecordReader()]
    collect()
    const before = process.memoryUsage().heapUsed
    fragments.push(Buffer.concat(Array.from({ length: many }, () => Buffer.of(0, 0, 0, 1, 7))))
    bytes.push(encodeRecord(Buffer.alloc(many)).subarray(0, 4))
    for (let at = 1; at < many; at++) bytes.push(Buffer.of(7))
    collect()
    const grown = process.memoryUsage().heapUsed - before
    assert.ok(grown < 4 << 20, `${grown} bytes`)
    assert.equal(fragments.push(encodeRecord(Buffer.alloc(0)))[0]!.length, many)
    assert.equal(bytes.push(Buffer.of(7))[0]!.length, many)
  })

  it('refuses messages above the limit, in one fragment or in many', () => {
    const reader = new RecordReader(100)
    assert.throws(() => reader.push(Buffer.from('ffffffff', 'hex')), beError('BE_RPC_RECORD_TOO_LONG'))
    const many = new RecordReader(100)
    many.push(Buffer.concat([Buffer.from('0000003c', 'hex'), Buffer.alloc(60)]))
    assert.throws(() => many.push(Buffer.from('0000003c', 'hex')), beError('BE_RPC_RECORD_TOO_LONG'))
  })
})
