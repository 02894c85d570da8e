import assert from 'node:assert/strict'
import { details } from '../../src/cli/status.ts'
import { table } from '../../src/cli/support/table.ts'

/** A name that a guest may report. */
const HOSTILE = 'Linux \u001b[2J\tx\nbe: all is well\u202e'

describe('text reported by a guest', () => {
  it('is shown by be status with control characters escaped', () => {
    const status = {
      ...{ machine: 'm1', mac: '02:00:00:00:00:01', runs: 'b1', since: null, evidence: 'call-back' },
      ...{ seen: null, silent: null, off: null },
      ...{ uname: HOSTILE, root: HOSTILE, stage: 'up', expected: 'nothing', booting: 'b1', handoff: null },
      ...{ began: null, heard: null, way: {}, clients: [], bytes: null, next: 'b1', rule: null },
      writesWith: [],
      trouble: null,
      failure: { at: '2026-11-22T20:46:03.123Z', why: HOSTILE },
    }
    const lines = details(status, 0).split('\n').slice(0, -1)
    for (const line of lines) assert.doesNotMatch(line, /\p{C}/u)
    assert.equal(lines.filter(line => line.includes('all is well')).length, 3)
    assert.ok(lines.every(line => /^[a-z]+ +\S/.test(line)))
  })

  it('does not change the columns of a table', () => {
    assert.equal(table([['m1', HOSTILE, 'z']], [], true).split('\t').length, 3)
    assert.match(
      table([['m1', HOSTILE, 'z']], ['A', 'B', 'C'], false),
      /^A +B +C\nm1 {2}Linux \\x1b[^\n]* {2}z\n$/,
    )
  })
})
