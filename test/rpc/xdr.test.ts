import assert from 'node:assert/strict'
import { varOpaque } from '@stellar/js-xdr'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { XdrReader, XdrWriter } from '../../src/rpc/xdr.ts'
import { beError } from '../support/errors.ts'

describe('rpc/xdr', () => {
  it('encodes the strings of RFC 4506, section 7, padded with zeros', () => {
    assert.equal(
      new XdrWriter().string('sillyprog').bytes().toString('hex'),
      '0000000973696c6c7970726f67000000',
    )
    assert.equal(new XdrWriter().string('john').bytes().toString('hex'), '000000046a6f686e')
  })

  it('agrees with an independent implementation, and reads back what it wrote', () => {
    const oracle = varOpaque(64)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(), (bytes, number) => {
        const ours = new XdrWriter().opaque(bytes).uint32(number).bytes()
        assert.deepEqual(ours.subarray(0, -4), Buffer.from(oracle.encode(bytes)))
        const reader = new XdrReader(ours)
        assert.deepEqual(reader.opaque(64), Buffer.from(bytes))
        assert.equal(reader.uint32(), number)
        assert.equal(reader.left, 0)
      }),
    )
  })

  it('writes all 64 bits, also of values that Node returns as negative', () => {
    const hex = (value: bigint | number) => new XdrWriter().uint64(value).bytes().toString('hex')
    assert.deepEqual([hex(2 ** 52 + 1), hex(2n ** 52n + 1n)], ['0010000000000001', '0010000000000001'])
    assert.equal(hex(-1n), 'ffffffffffffffff')
  })

  it('refuses data that is truncated, too long or no boolean', () => {
    const reader = (hex: string) => new XdrReader(Buffer.from(hex, 'hex'))
    assert.throws(() => reader('000000').uint32(), beError('BE_XDR_MALFORMED', /3 bytes left: expected 4/))
    assert.throws(() => reader('ffffffff00').opaque(64), beError('BE_XDR_MALFORMED', /at most 64/))
    assert.throws(() => reader('00000003616263').opaque(64), beError('BE_XDR_MALFORMED'))
    assert.throws(() => reader('00000002').bool(), beError('BE_XDR_MALFORMED', /boolean 2/))
  })
})
