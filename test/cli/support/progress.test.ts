import assert from 'node:assert/strict'
import { progressLine } from '../../../src/cli/support/progress.ts'

/** A terminal, or a pipe, that remembers what was written. */
function stream(isTTY: boolean, columns = 30) {
  let text = ''
  const to = { isTTY, columns, write: (more: string) => (text += more) } as unknown as NodeJS.WriteStream
  return { to, text: () => text }
}

describe('how far a long piece of work is', () => {
  it('is one line of a terminal, which goes when it is done', () => {
    const { to, text } = stream(true)
    const progress = progressLine(to)
    progress('fetching base.txz', 1, 4)
    assert.equal(text(), '\rbe: fetching base.txz 25 %\u001b[K')
    progress('fetching base.txz', 4, 4)
    assert.ok(text().endsWith('\r\u001b[K'))
    const before = text()
    progress.end()
    assert.equal(text(), before)
  })

  it('is cut to the width, and in bytes where the end is not known', () => {
    const { to, text } = stream(true, 24)
    progressLine(to)('copying /a/long/path/to/a/tree', 5_250_000, undefined)
    assert.equal(text(), '\rbe: copying /a/long/pat\u001b[K')
    const wide = stream(true, 80)
    progressLine(wide.to)('copying', 5_250_000, undefined)
    assert.equal(wide.text(), '\rbe: copying 5.3 MB\u001b[K')
  })

  it('is nothing where nobody looks', () => {
    const { to, text } = stream(false)
    progressLine(to)('fetching', 1, 2)
    assert.equal(text(), '')
  })
})
