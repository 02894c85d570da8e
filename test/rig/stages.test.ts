import assert from 'node:assert/strict'
import { stageReached } from './stages.ts'

describe('rig: stages', () => {
  it('names the last stage that a failed boot passed', () => {
    const line = (stage: string, event: string, more = '') =>
      `2026-11-22T22:20:52Z m1 ${stage} ${event} - ${more}`
    const boot = [
      line('firmware', 'dhcp:discover'),
      line('firmware', 'dhcp:offer'),
      line('firmware', 'dhcp:ack'),
      line('firmware', 'tftp:done', 'file=/snponly.efi'),
      line('ipxe', 'dhcp:ack'),
      line('ipxe', 'http:get', 'file=/m/52-54-00-00-00-01/boot.ipxe'),
      line('ipxe', 'http:get', 'file=/be/demo/boot/vmlinuz-6.1'),
      line('ipxe', 'http:get', 'file=/be/demo/boot/initrd.img-6.1'),
    ]
    const messages = boot.map((_, index) => stageReached(boot.slice(0, index + 1).join('\n')))
    assert.equal(new Set(messages).size, boot.length)
    assert.match(stageReached(''), /never asked/)
    assert.match(messages[5]!, /no kernel/)
    assert.match(
      stageReached([...boot, line('firmware', 'boot:refused')].join('\n')),
      /boot:refused says why/,
    )
  })
})
