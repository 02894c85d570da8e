import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { hasFlag, mountdFlags } from '../../../src/nfs/drivers/freebsd-rc.ts'

const OURS = '/var/run/nbe/exports'

describe('nfs/drivers/freebsd-rc', () => {
  const cases: [before: string, zfs: boolean, after: string][] = [
    ['-r -S', true, `-r -S ${OURS}`],
    ['-r -S', false, `-r -S /etc/exports ${OURS}`],
    ['', false, `/etc/exports ${OURS}`],
    ['-r -h 10.0.0.1 -p 900', true, `-r -h 10.0.0.1 -p 900 ${OURS}`],
    ['-r /etc/exports.lab', false, `-r /etc/exports.lab ${OURS}`],
    ['-r /etc/exports.lab', true, `-r /etc/exports.lab ${OURS}`],
    // zfs_enable was changed since: unchanged, /etc/exports would not be read, or read twice.
    [`-r ${OURS}`, false, `-r /etc/exports ${OURS}`],
    [`-r /etc/exports ${OURS}`, true, `-r ${OURS}`],
  ]
  for (const [before, zfs, after] of cases) {
    it(`"${before}" with zfs_enable=${zfs ? 'YES' : 'NO'} becomes "${after}", and does not change again`, () => {
      assert.equal(mountdFlags(before, zfs, OURS), after)
      assert.equal(mountdFlags(after, zfs, OURS), after)
    })
  }

  it('finds options in flags, not in their arguments', () => {
    assert.ok(hasFlag('-ut -n 4', 't'))
    assert.ok(!hasFlag('-u -h tt', 't'))
    assert.ok(!hasFlag('', 'u'))
  })
})
