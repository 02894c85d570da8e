import assert from 'node:assert/strict'
import { ipxe, option, planned, uefi } from '../inputs.ts'

describe('boot/rules/ipxe-no-proxy', () => {
  it('tells iPXE not to wait for a proxy', () => {
    assert.deepEqual(option(planned({ client: ipxe }), 175), Buffer.from([176, 1, 1]))
    assert.equal(option(planned({ client: uefi }), 175), undefined)
  })
})
