import assert from 'node:assert/strict'
import { identify } from '../../../src/boot/identify.ts'
import { linux, mac, planned, ruleOf, text, uefi } from '../inputs.ts'

const client = identify({ mac, xid: 9, vendorClass: 'FreeBSD:amd64:14.1-RELEASE' }, uefi)

describe('boot/rules/kernel-root', () => {
  it("tells FreeBSD's BOOTP kernel its root by NFS, whatever the handoff, and no boot file", () => {
    for (const handoff of ['auto', 'tftp'] as const) {
      const result = planned({ client, handoff })
      assert.equal(text(result, 17), '192.168.2.1:/ROOT/head')
      assert.equal(ruleOf(result, 'root-path'), 'kernel-root')
      assert.deepEqual([result.reply?.siaddr, result.reply?.file], ['192.168.2.1', undefined])
    }
  })

  it('not with the root of another system', () => {
    assert.equal(text(planned({ client, be: linux }), 17), undefined)
  })

  it('not beside another DHCP server', () => {
    assert.equal(planned({ client, mode: 'proxy' }).reply, undefined)
  })
})
