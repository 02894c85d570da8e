import assert from 'node:assert/strict'
import { planned, text, uefi } from '../inputs.ts'

describe('boot/rules/proxy-offer', () => {
  it('offers the boot file alone, in the form that ROMs take', () => {
    const result = planned({ mode: 'proxy', client: uefi })
    assert.equal(result.handoff, 'arguments')
    assert.equal(result.reply?.file, 'ipxe.efi')
    assert.deepEqual(
      result.reply?.options.map(([code]) => code),
      [60, 43],
    )
    assert.equal(text(result, 60), 'PXEClient')
  })
})
