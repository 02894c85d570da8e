import assert from 'node:assert/strict'
import { editDistance } from '../../src/errors/edit-distance.ts'

describe('edit distance', () => {
  it('counts edits, a swap of neighbours as one', () => {
    assert.equal(editDistance('lab', 'lab'), 0)
    assert.equal(editDistance('', 'abc'), 3)
    assert.equal(editDistance('kitten', 'sitting'), 3)
    assert.equal(editDistance('fb141', 'fb114'), 1)
  })
})
