import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseRecord, serialize } from '../../src/session/record.ts'

const time = '2026-11-22T20:46:03.123Z'

describe('session/record', () => {
  it('a record is read as it was written, whatever text is in it', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (event, value) => {
        const record = { time, event, detail: { value } }
        const out = serialize(record)
        assert.match(out, /^[^\n\u007f-\u009f\u2028\u2029\u202e]*\n$/)
        assert.deepEqual(parseRecord(out), record)
      }),
    )
  })

  it('any other line is no record', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '7',
      '{"event":"x"}',
      '{"event":"x","time":"soon"}',
      '{"time":"2026',
    ]) {
      assert.equal(parseRecord(text), undefined, text)
    }
  })
})
