import assert from 'node:assert/strict'
import { bios, freebsd, planned, refusalCode, root } from '../inputs.ts'

describe('boot/rules/handoff', () => {
  it('beside another DHCP server says plainly that BIOS cannot work, and what to add to that DHCP server', () => {
    const result = planned({ mode: 'proxy', client: bios })
    assert.equal(result.refusal?.code, 'BE_HANDOFF')
    assert.match(result.refusal!.line, /send root-path "192\.168\.2\.1:\/ROOT\/head"/)
    assert.equal(result.reply, undefined)
  })

  it('is refused where a configured handoff cannot work, never replaced in silence', () => {
    assert.equal(refusalCode({ handoff: 'http' }), 'BE_HANDOFF')
    assert.equal(refusalCode({ handoff: 'nfs', root: { ...root, udp: false } }), 'BE_HANDOFF')
    assert.equal(refusalCode({ handoff: 'arguments', client: bios }), 'BE_HANDOFF')
    assert.equal(
      refusalCode({ handoff: 'arguments', be: { ...freebsd, release: '10.1-RELEASE' } }),
      'BE_HANDOFF',
    )
    assert.equal(refusalCode({ handoff: 'tftp', be: { ...freebsd, release: '10.1-RELEASE' } }), 'BE_HANDOFF')
  })
})
