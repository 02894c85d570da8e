import assert from 'node:assert/strict'
import { loaderConf } from '../../../src/boot/texts/loader-conf.ts'
import type { Variable } from '../../../src/boot/variables/variable.ts'

describe('boot/texts/loader-conf', () => {
  it('refuses what loader.conf cannot hold', () => {
    const bad: Variable[] = [['x', 'say "hi"']]
    assert.throws(() => loaderConf(bad), { code: 'BE_VARIABLE' })
    assert.equal(loaderConf([['x', 'a b']]), 'x="a b"\n')
  })
})
