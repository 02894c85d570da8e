import assert from 'node:assert/strict'
import { bios, freebsd, loader, planned, refusalCode, ruleOf, uefi } from '../inputs.ts'

describe('boot/rules/bootable', () => {
  it('refuses a tree without what this firmware loads, and a path that is not shared', () => {
    assert.equal(refusalCode({ be: { ...freebsd, boots: {} } }), 'BE_NO_LOADER')
    assert.equal(refusalCode({ client: { ...uefi, arch: 'arm64' } }), 'BE_ARCH_MISMATCH')
    assert.equal(refusalCode({ root: undefined }), 'BE_NOT_SHARED')
    assert.equal(ruleOf(planned({ root: undefined }), 'refused'), 'bootable')
  })

  it('requires only the loader of the firmware that asks', () => {
    const { pxeboot: _, ...uefiOnly } = freebsd.boots
    assert.equal(planned({ be: { ...freebsd, boots: uefiOnly } }).refusal, undefined)
    assert.equal(refusalCode({ client: bios, be: { ...freebsd, boots: uefiOnly } }), 'BE_NO_LOADER')
  })

  it('does not miss the loader where a loader on unknown firmware asks', () => {
    const { firmware: _, arch: __, ...unknown } = loader
    const { loaderEfi: ___, ...boots } = freebsd.boots
    assert.equal(planned({ client: unknown, be: { ...freebsd, boots } }).refusal, undefined)
  })
})
