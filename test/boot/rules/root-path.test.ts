import assert from 'node:assert/strict'
import { bios, http, ipxe, loader, oddRoot, option, planned, uefi } from '../inputs.ts'

describe('boot/rules/root-path', () => {
  it('never sends root-path to firmware: an iPXE ROM that gets one may never ask for its file', () => {
    for (const client of [uefi, bios, ipxe, http]) assert.equal(option(planned({ client }), 17), undefined)
  })

  it('odd characters reach a loader as they are, in UTF-8', () => {
    const result = planned({ client: loader, root: oddRoot })
    assert.equal(String(option(result, 17)), '192.168.2.1:/Bücher und mehr/head')
    assert.equal(planned({ client: uefi, root: oddRoot }).refusal, undefined)
  })
})
