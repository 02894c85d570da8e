import assert from 'node:assert/strict'
import { didYouMean, suggestions } from '../../src/errors/suggestions.ts'

describe('suggestions for an unknown name', () => {
  it('offers what was meant, not everything there is', () => {
    assert.deepEqual(suggestions('fb411', ['fb141', 'debian12', 'illumos']), ['fb141'])
    assert.deepEqual(suggestions('deb', ['fb141', 'debian12']), ['debian12'])
    assert.deepEqual(suggestions('solaris', ['fb141', 'debian12']), [])
    assert.deepEqual(suggestions('', ['fb141', 'debian12']), [])
  })

  it('gives a hint that helps when nothing is near', () => {
    assert.match(didYouMean('x', [], 'be list'), /none yet/)
    assert.match(didYouMean('solaris', ['fb141'], 'be list'), /known: fb141/)
  })
})
