import assert from 'node:assert/strict'
import { EscapeFilter } from '../../../src/cli/support/terminal.ts'

/** The text that the machine gets when these pieces are typed, and whether they leave the console. */
function typed(...pieces: string[]): [string, boolean] {
  const keys = new EscapeFilter()
  const out = pieces.map(piece => keys.take(Buffer.from(piece, 'latin1')).toString('latin1')).join('')
  return [out, keys.left]
}

describe('cli/support/terminal', () => {
  it('~. leaves only at the start of a line, in one piece or several', () => {
    assert.deepEqual(typed('~.'), ['', true])
    assert.deepEqual(typed('ls\r', '~', '.'), ['ls\r', true])
    assert.deepEqual(typed('cd ~.\r'), ['cd ~.\r', false])
  })

  it('any other tilde is passed on', () => {
    assert.deepEqual(typed('~/bin\r'), ['~/bin\r', false])
    assert.deepEqual(typed('~~.\r'), ['~.\r', false])
  })

  it('^] leaves anywhere', () => {
    assert.deepEqual(typed('ab\x1dcd'), ['ab', true])
  })
})
