import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BeError, reason } from '../../src/errors/errors.ts'

describe('BeError', () => {
  it('is what, what was expected, what to do, and its code', () => {
    const error = new BeError('BE_USAGE', 'a: b', { expected: 'c', hint: 'do d' })
    assert.equal(error.line, 'a: b: expected c; do d [BE_USAGE]')
    assert.equal(new BeError('BE_USAGE', 'a').line, 'a [BE_USAGE]')
  })

  it('has the exit status of its code in the table, unless it says another', () => {
    assert.equal(new BeError('BE_USAGE', 'a').exit, 'usage')
    assert.equal(new BeError('BE_USAGE', 'a', { exit: 'data' }).exit, 'data')
    assert.equal(new BeError('BE_USAGE', 'a', { exit: undefined }).exit, 'usage')
  })

  it('joins the lines of a program that said several', () => {
    const said = 'exportfs:\t/x does not\r\n   support NFS\n'
    assert.equal(new BeError('BE_USAGE', said).line, 'exportfs: /x does not support NFS [BE_USAGE]')
    assert.equal(reason(new TypeError('one\ntwo')), 'one two')
  })

  it('is one line of limited length without control characters, whatever it quotes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 5000 })
    fc.assert(
      fc.property(text, text, text, (message, expected, hint) => {
        const { line } = new BeError('BE_USAGE', message, { expected, hint })
        assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u)
        assert.match(line, / \[BE_USAGE\]$/)
        assert.ok(line.length < 6100, String(line.length))
      }),
    )
  })
})
