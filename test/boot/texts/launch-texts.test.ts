import assert from 'node:assert/strict'
import { LAUNCH_TEXTS } from '../../../src/boot/texts/launch-texts.ts'
import { boot as input } from '../../launch/inputs.ts'

describe('boot/texts/launch-texts', () => {
  it('refuses to print a text without address or machine: it would end at mountroot>', () => {
    const { machine: _, ...nobody } = input
    assert.throws(() => LAUNCH_TEXTS.grub!(nobody), { code: 'BE_MACHINE_ADDRESS' })
    assert.throws(() => LAUNCH_TEXTS.grub!({ ...input, client: { ...input.client, ip: undefined } }), {
      code: 'BE_MACHINE_ADDRESS',
    })
  })

  it('fstab names the real server path', () => {
    assert.equal(LAUNCH_TEXTS.fstab!(input), '192.168.2.1:/ROOT/head / nfs rw,nolockd 0 0\n')
    const ro = { ...input, readOnly: true, nfsOptions: '' }
    assert.equal(LAUNCH_TEXTS.fstab!(ro), '192.168.2.1:/ROOT/head / nfs ro 0 0\n')
  })

  it('GRUB gets the kernel by HTTP and the same variables', () => {
    const text = LAUNCH_TEXTS.grub!(input)
    assert.match(text, /kfreebsd \(http,192\.168\.2\.1:8080\)\/be\/head\/boot\/kernel\/kernel/)
    assert.match(text, /set kFreeBSD\.boot\.nfsroot\.nfshandle=X631083b5dea37b8fX/)
  })

  it('loader-env is a loader.conf', () => {
    assert.match(LAUNCH_TEXTS['loader-env']!(input), /^boot\.netif\.hwaddr="02:01:02:03:04:05"$/m)
  })
})
