import assert from 'node:assert/strict'
import { splitCommandLine } from '../../src/machines/command-line.ts'

describe('command line of a machine', () => {
  it('is split at blanks and quotes as by a shell, without expansions', () => {
    assert.deepEqual(splitCommandLine('ipmitool -H 10.0.0.5  chassis power cycle '), [
      ...['ipmitool', '-H', '10.0.0.5', 'chassis', 'power', 'cycle'],
    ])
    assert.deepEqual(splitCommandLine(`curl -d '{"on": true}' "http://plug/a b"`), [
      ...['curl', '-d', '{"on": true}', 'http://plug/a b'],
    ])
    assert.deepEqual(splitCommandLine(`a'b c'"d"e ''`), ['ab cde', ''])
    assert.deepEqual(splitCommandLine('echo $HOME; rm *'), ['echo', '$HOME;', 'rm', '*'])
  })

  it('is undefined if it is empty or a quote is not closed', () => {
    for (const text of ['', '  ', `sh -c 'x`, `a "b`, `it's`])
      assert.equal(splitCommandLine(text), undefined, text)
  })
})
