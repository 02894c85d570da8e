import assert from 'node:assert/strict'
import { bios, ipxe, linuxChange, planned, uefi } from '../inputs.ts'

describe('boot/rules/boot-file', () => {
  it('sends each firmware the loader out of the boot environment itself', () => {
    assert.equal(planned({ client: uefi }).reply?.file, 'be/head/boot/loader.efi')
    assert.equal(planned({ client: bios }).reply?.file, 'be/head/boot/pxeboot')
    assert.equal(planned({ client: ipxe }).reply?.file, 'be/head/boot/loader.efi')
    assert.equal(planned({ client: uefi }).reply?.siaddr, '192.168.2.1')
  })

  it('names the file that is missing when there is no iPXE to serve', () => {
    const result = planned({ ...linuxChange, ipxe: {} })
    assert.equal(result.refusal?.code, 'BE_NO_IPXE')
    assert.match(result.refusal!.line, /ipxe\.efi/)
  })
})
