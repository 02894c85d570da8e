import assert from 'node:assert/strict'
import { readWords } from '../../src/machines/words.ts'

describe('machines words', () => {
  it('parts a command as a shell would, and does nothing else a shell does', () => {
    assert.deepEqual(readWords('ipmitool -H 10.0.0.5  chassis power cycle '), [
      ...['ipmitool', '-H', '10.0.0.5', 'chassis', 'power', 'cycle'],
    ])
    assert.deepEqual(readWords(`curl -d '{"on": true}' "http://plug/a b"`), [
      ...['curl', '-d', '{"on": true}', 'http://plug/a b'],
    ])
    assert.deepEqual(readWords(`a'b c'"d"e ''`), ['ab cde', ''])
    assert.deepEqual(readWords('echo $HOME; rm *'), ['echo', '$HOME;', 'rm', '*'])
  })

  it('is none where nothing is said or a quote is not closed', () => {
    for (const text of ['', '  ', `sh -c 'x`, `a "b`, `it's`]) assert.equal(readWords(text), undefined, text)
  })
})
