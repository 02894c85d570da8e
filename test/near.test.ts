import assert from 'node:assert/strict'
import { didYouMean, editDistance, near } from '../src/near.ts'

describe('near names', () => {
  it('counts edits, a swap of neighbours as one', () => {
    assert.equal(editDistance('lab', 'lab'), 0)
    assert.equal(editDistance('', 'abc'), 3)
    assert.equal(editDistance('kitten', 'sitting'), 3)
    assert.equal(editDistance('fb141', 'fb114'), 1)
  })

  it('offers what was meant, not everything there is', () => {
    assert.deepEqual(near('fb411', ['fb141', 'debian12', 'illumos']), ['fb141'])
    assert.deepEqual(near('deb', ['fb141', 'debian12']), ['debian12'])
    assert.deepEqual(near('solaris', ['fb141', 'debian12']), [])
    assert.deepEqual(near('', ['fb141', 'debian12']), [])
  })

  it('gives a hint that helps when nothing is near', () => {
    assert.match(didYouMean('x', [], 'be list'), /none yet/)
    assert.match(didYouMean('solaris', ['fb141'], 'be list'), /known: fb141/)
  })
})
