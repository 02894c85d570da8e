import assert from 'node:assert/strict'
import fc from 'fast-check'
import { compareVersions } from '../../../src/be/system/version-order.ts'

describe('order of versions', () => {
  it('compares numbers by value, so that the newest kernel boots', () => {
    const ordered = [
      '',
      '0-rescue-1f',
      '4.19.0-6-amd64',
      '6.1.0-9-amd64',
      '6.1.0-44-amd64',
      '6.10.0-rc1',
      '6.10.0~rc2',
      '6.10.0',
      '6.10.0-1',
      '6.10.1',
      '99999999999999999999998',
      '99999999999999999999999',
    ]
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} and ${b}`)
      }
    }
  })

  it('is antisymmetric', () => {
    const version = fc
      .array(fc.constantFrom('1', '10', '01', '.', '-', '~', 'rc', 'a'))
      .map(all => all.join(''))
    fc.assert(
      fc.property(version, version, (a, b) => {
        assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0)
      }),
    )
  })
})
