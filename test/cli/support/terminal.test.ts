import assert from 'node:assert/strict'
import { EscapeFilter } from '../../../src/cli/support/terminal.ts'

/** What reaches the machine when these pieces are typed, and whether they leave it. */
function typed(...pieces: string[]): [string, boolean] {
  const keys = new EscapeFilter()
  const out = pieces.map(piece => keys.take(Buffer.from(piece, 'latin1')).toString('latin1')).join('')
  return [out, keys.left]
}

describe('cli terminal', () => {
  it('~. leaves at the start of a line alone, in however many pieces it comes', () => {
    assert.deepEqual(typed('~.'), ['', true])
    assert.deepEqual(typed('ls\r', '~', '.'), ['ls\r', true])
    assert.deepEqual(typed('cd ~.\r'), ['cd ~.\r', false])
  })

  it('any other tilde is the machine’s', () => {
    assert.deepEqual(typed('~/bin\r'), ['~/bin\r', false])
    assert.deepEqual(typed('~~.\r'), ['~.\r', false])
  })

  it('^] leaves anywhere', () => {
    assert.deepEqual(typed('ab\x1dcd'), ['ab', true])
  })
})
