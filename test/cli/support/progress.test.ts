import assert from 'node:assert/strict'
import { progressLine } from '../../../src/cli/support/progress.ts'

/** A terminal, or a pipe, that records its output. */
function stream(isTTY: boolean, columns = 30) {
  let text = ''
  const to = { isTTY, columns, write: (more: string) => (text += more) } as unknown as NodeJS.WriteStream
  return { to, text: () => text }
}

describe('cli/support/progress', () => {
  it('draws one line on a terminal, and erases it at the end', () => {
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

  it('cuts it to the width, and shows bytes where the total is not known', () => {
    const { to, text } = stream(true, 24)
    progressLine(to)('copying /a/long/path/to/a/tree', 5_250_000, undefined)
    assert.equal(text(), '\rbe: copying /a/long/pat\u001b[K')
    const wide = stream(true, 80)
    progressLine(wide.to)('copying', 5_250_000, undefined)
    assert.equal(wide.text(), '\rbe: copying 5.3 MB\u001b[K')
  })

  it('draws nothing on a pipe', () => {
    const { to, text } = stream(false)
    progressLine(to)('fetching', 1, 2)
    assert.equal(text(), '')
  })
})
