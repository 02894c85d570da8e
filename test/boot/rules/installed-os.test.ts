import assert from 'node:assert/strict'
import { os, planned, ruleOf } from '../inputs.ts'

describe('boot/rules/installed-os', () => {
  it('gives an installed system nothing to boot, and no boot environment', () => {
    const result = planned({ client: os })
    assert.equal(ruleOf(result, 'boot'), 'installed-os')
    assert.deepEqual([result.reply?.file, result.handoff], [undefined, undefined])
  })

  it('beside another DHCP server does not answer it', () => {
    const result = planned({ client: os, mode: 'proxy' })
    assert.equal(ruleOf(result, 'boot'), 'installed-os')
    assert.equal(result.reply, undefined)
  })
})
