import assert from 'node:assert/strict'
import { splitCommandLine } from '../../src/machines/command-line.ts'

describe('machines words', () => {
  it('parts a command as a shell would, and does nothing else a shell does', () => {
    assert.deepEqual(splitCommandLine('ipmitool -H 10.0.0.5  chassis power cycle '), [
      ...['ipmitool', '-H', '10.0.0.5', 'chassis', 'power', 'cycle'],
    ])
    assert.deepEqual(splitCommandLine(`curl -d '{"on": true}' "http://plug/a b"`), [
      ...['curl', '-d', '{"on": true}', 'http://plug/a b'],
    ])
    assert.deepEqual(splitCommandLine(`a'b c'"d"e ''`), ['ab cde', ''])
    assert.deepEqual(splitCommandLine('echo $HOME; rm *'), ['echo', '$HOME;', 'rm', '*'])
  })

  it('is none where nothing is said or a quote is not closed', () => {
    for (const text of ['', '  ', `sh -c 'x`, `a "b`, `it's`])
      assert.equal(splitCommandLine(text), undefined, text)
  })
})
