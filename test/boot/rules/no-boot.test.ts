import assert from 'node:assert/strict'
import { identify } from '../../../src/boot/identify.ts'
import { mac, os, planned, ruleOf, uefi } from '../inputs.ts'

const grub = identify({ mac, xid: 0x10007, secs: 7 }, uefi)
const kernel = identify({ mac, xid: 9, vendorClass: 'Linux ipconfig' }, uefi)
const unknown = identify({ mac, xid: 9, parameterList: [1, 3] }, uefi)

describe('boot/rules/no-boot', () => {
  it('gives an installed system nothing to boot, and no boot environment', () => {
    const result = planned({ client: os })
    assert.equal(ruleOf(result, 'boot'), 'no-boot')
    const { file, siaddr } = result.reply!
    assert.deepEqual([file, siaddr, result.handoff], [undefined, undefined, undefined])
  })

  it('beside another DHCP server does not answer it', () => {
    const result = planned({ client: os, mode: 'proxy' })
    assert.equal(ruleOf(result, 'boot'), 'no-boot')
    assert.equal(result.reply, undefined)
  })

  it('tells what may be a boot program the address of this server, and nothing else', () => {
    for (const client of [grub, kernel, unknown]) {
      const { reply, handoff } = planned({ client })
      assert.deepEqual(
        [reply?.siaddr, reply?.file, handoff],
        ['192.168.2.1', undefined, undefined],
        client.stage,
      )
      assert.equal(planned({ client, mode: 'proxy' }).reply, undefined)
    }
  })
})
