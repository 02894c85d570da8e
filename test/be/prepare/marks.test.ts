import assert from 'node:assert/strict'
import fc from 'fast-check'
import { addBlock, commentOut, undoEdits } from '../../../src/be/prepare/marks.ts'

describe('marks of be prepare', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab= #\n"') })

  it('can be undone completely, whatever was commented out and added', () => {
    const ranges = fc.array(fc.tuple(fc.nat(30), fc.nat(30)))
    const lines = fc.array(fc.constantFrom('x="1"', '# y'))
    fc.assert(
      fc.property(fc.option(text, { nil: undefined }), ranges, lines, (before, pairs, added) => {
        const given = pairs.map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) + 1 }))
        const marked = before === undefined ? undefined : commentOut(before, given)
        assert.equal(undoEdits(addBlock(marked, added)), before)
      }),
      { numRuns: 2000 },
    )
  })

  it('lines that were written behind the block stay lines of their own', () => {
    const ours = addBlock('a=1', ['b=2'])!
    assert.equal(undoEdits(`${ours}c=3\n`), 'a=1\nc=3\n')
    assert.equal(undoEdits(`${addBlock(undefined, ['b=2'])}c=3\n`), 'c=3\n')
  })

  it('comment out all lines of an assignment that spans several', () => {
    assert.equal(commentOut('a="1\n2"\nb=3\n', [{ start: 0, end: 6 }]), '#nbe# a="1\n#nbe# 2"\nb=3\n')
  })

  it('a text that only resembles the block stays', () => {
    assert.equal(undoEdits('# nbe: begin\nno end\n'), '# nbe: begin\nno end\n')
  })
})
