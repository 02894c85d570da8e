import assert from 'node:assert/strict'
import { bios, http, ipxe, linuxChange, planned, root, uefi } from '../inputs.ts'

describe('boot/rules/boot-file', () => {
  it('sends each firmware the loader out of the boot environment itself', () => {
    assert.equal(planned({ client: uefi }).reply?.file, 'be/head/boot/loader.efi')
    assert.equal(planned({ client: bios }).reply?.file, 'be/head/boot/pxeboot')
    assert.equal(planned({ client: ipxe }).reply?.file, 'be/head/boot/loader.efi')
    assert.equal(planned({ client: uefi }).reply?.siaddr, '192.168.2.1')
  })

  it('sends UEFI firmware a shim for Linux, where there is one for its processor; its GRUB passes everything on', () => {
    const shim = { amd64: 'shimx64.efi' }
    const callback = { url: 'http://192.168.2.1:8080/s', session: 'x' }
    const result = planned({ ...linuxChange, client: uefi, shim, callback })
    assert.equal(result.reply?.file, 'shimx64.efi')
    assert.deepEqual([result.callback, result.root], [callback, linuxChange.root ?? root])
    assert.equal(
      planned({ ...linuxChange, client: http, shim }).reply?.file,
      'http://192.168.2.1:8080/shimx64.efi',
    )
    assert.equal(planned({ ...linuxChange, client: bios, shim }).reply?.file, 'undionly.kpxe')
    assert.match(String(planned({ ...linuxChange, client: ipxe, shim }).reply?.file), /boot\.ipxe$/)
    assert.equal(planned({ ...linuxChange, client: uefi, shim: {} }).reply?.file, 'ipxe.efi')
    assert.equal(planned({ client: uefi, shim }).reply?.file, 'be/head/boot/loader.efi', 'not for FreeBSD')
    const quoted = planned({ ...linuxChange, client: uefi, shim, cmdline: 'a="b"' })
    assert.equal(quoted.refusal?.code, 'BE_CMDLINE', 'what GRUB cannot pass on is refused at the start')
  })

  it('names the file that is missing when there is no iPXE to serve', () => {
    const result = planned({ ...linuxChange, ipxe: {} })
    assert.equal(result.refusal?.code, 'BE_NO_IPXE')
    assert.match(result.refusal!.line, /ipxe\.efi/)
  })
})
