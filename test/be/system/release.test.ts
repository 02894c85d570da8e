import assert from 'node:assert/strict'
import { parseOsRelease } from '../../../src/be/system/release.ts'

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'

describe('os-release', () => {
  it('is read with the quoting of os-release(5)', () => {
    assert.equal(parseOsRelease(DEBIAN).prettyName, 'Debian GNU/Linux 12 (bookworm)')
    assert.deepEqual(parseOsRelease("ID=alpine\nPRETTY_NAME='Alpine Linux'"), {
      id: 'alpine',
      prettyName: 'Alpine Linux',
    })
    assert.equal(parseOsRelease('PRETTY_NAME="a \\"b\\" \\$c"').prettyName, 'a "b" $c')
  })

  it('control sequences in it are removed, as it is shown on terminals', () => {
    assert.equal(parseOsRelease('PRETTY_NAME="\x1b[31mred\x07\u202e"').prettyName, '[31mred')
    assert.equal(parseOsRelease(`PRETTY_NAME=${'x'.repeat(9999)}`).prettyName?.length, 100)
  })
})
