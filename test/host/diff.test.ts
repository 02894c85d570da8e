import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { textDiff } from '../../src/host/diff.ts'

describe('host/diff', () => {
  it('shows the changed lines with three lines of context', () => {
    assert.equal(
      textDiff('/etc/exports', '1\n2\n3\n4\n5\n6\n7\n8\n9\n', '1\n2\n3\n4\nfive\n6\n7\n8\n9\n'),
      '--- /etc/exports\n+++ /etc/exports\n@@ line 2 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8',
    )
  })

  it('marks a new file and a removed one by /dev/null', () => {
    assert.equal(textDiff('f', undefined, 'a\n'), '--- /dev/null\n+++ f\n@@ line 1 @@\n+a')
    assert.equal(textDiff('f', 'a\n', undefined), '--- f\n+++ /dev/null\n@@ line 1 @@\n-a')
  })

  it('a repeated line is neither lost nor shown twice', () => {
    assert.equal(textDiff('f', 'a\na\n', 'a\na\na\n'), '--- f\n+++ f\n@@ line 1 @@\n a\n a\n+a')
  })

  it('a missing last newline is a difference', () => {
    assert.match(textDiff('f', 'a', 'a\n'), /-\\ no newline/)
    assert.equal(textDiff('f', 'a\n', 'a\n'), '')
  })
})
