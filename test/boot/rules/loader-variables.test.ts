import assert from 'node:assert/strict'
import { linuxChange, loader, planned, ruleOf, text, uefi } from '../inputs.ts'

describe('boot/rules/loader-variables', () => {
  it('sends the loader its variables in options 246 and following', () => {
    const result = planned({ client: loader, loaderVariables: [['console', 'comconsole']] })
    assert.match(text(result, 246)!, /^boot\.nfsroot\.options=nolockd;.*;console=comconsole$/)
    assert.equal(ruleOf(result, 'option 246'), 'loader-variables')
  })

  it('sends them to no other client', () => {
    assert.equal(text(planned({ client: uefi }), 246), undefined)
    assert.equal(text(planned({ ...linuxChange, client: loader }), 246), undefined)
  })
})
