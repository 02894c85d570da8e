import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseRange } from '../../src/http/range.ts'

describe('http range', () => {
  it('never reaches outside of the file, whatever the header says', () => {
    const number = fc.oneof(fc.constant(''), fc.nat({ max: 30 }).map(String), fc.constant('999999999999999'))
    fc.assert(
      fc.property(number, number, fc.nat({ max: 20 }), (first, last, size) => {
        const part = parseRange(`bytes=${first}-${last}`, size)
        if (part === undefined || part === 'unsatisfiable') return
        assert.ok(part.start >= 0 && part.length > 0 && part.start + part.length <= size)
      }),
    )
    fc.assert(
      fc.property(fc.string(), header => {
        parseRange(header, 100)
      }),
    )
  })

  it('ignores numbers that no file can have', () => {
    assert.equal(parseRange('bytes=0-99999999999999999999', 10), undefined)
  })
})
