import assert from 'node:assert/strict'
import type { PlanInput } from '../../../src/boot/plan-input.ts'
import { grubConfig, grubEntry } from '../../../src/boot/texts/grub-script.ts'
import { targetPath } from '../../../src/http/request-target.ts'
import { base, linux, root } from '../inputs.ts'

const known: PlanInput = {
  ...base,
  client: { ...base.client, ip: '192.168.2.51' },
  be: linux,
  root: { ...root, path: '/ROOT/deb12' },
}
const HTTP = '(http,192.168.2.1:8080)'
const TFTP = '(tftp,192.168.2.1)'
const ARGUMENTS =
  'root=/dev/nfs nfsroot=192.168.2.1:/ROOT/deb12,vers=3,tcp,nolock ip=192.168.2.51::192.168.2.254:255.255.255.0:m1::none BOOTIF=01-02-01-02-03-04-05 rw nbe.be=deb12 nbe.machine=m1 console=ttyS0'

describe('boot/texts/grub-script', () => {
  it('a menu entry loads kernel and initial RAM disk of a Linux by HTTP, with its root and network', () => {
    const lines = [
      "menuentry 'deb12' {",
      `  linux ${HTTP}/be/deb12/boot/vmlinuz-6.1 ${ARGUMENTS}`,
      `  initrd ${HTTP}/be/deb12/boot/initrd.img-6.1`,
      '}',
    ]
    assert.equal(grubEntry(known), `${lines.join('\n')}\n`)
  })

  it('a grub.cfg falls back to TFTP, for GRUBs without HTTP or ports', () => {
    const lines = [
      '# deb12 for m1',
      `if linux ${HTTP}/be/deb12/boot/vmlinuz-6.1 ${ARGUMENTS}; then`,
      `  initrd ${HTTP}/be/deb12/boot/initrd.img-6.1`,
      'else',
      `  linux ${TFTP}/be/deb12/boot/vmlinuz-6.1 ${ARGUMENTS}`,
      `  initrd ${TFTP}/be/deb12/boot/initrd.img-6.1`,
      'fi',
      'boot',
    ]
    assert.equal(grubConfig(known), `${lines.join('\n')}\n`)
    const alone = grubConfig({ ...known, be: { ...linux, boots: { vmlinuz: 'boot/vmlinuz-6.1' } } })
    assert.match(alone, /; then\n {2}true\nelse\n/, 'no branch is empty')
  })

  it("starts FreeBSD's loader as firmware would", () => {
    const text = grubConfig(base)
    assert.ok(text.includes(`  chainloader ${TFTP}/be/head/boot/loader.efi\n`), text)
    assert.ok(text.includes(`  pxechainloader ${TFTP}/be/head/boot/pxeboot\n`), text)
  })

  it('lets the kernel ask by DHCP where the address is not known', () => {
    assert.match(grubEntry({ ...known, client: base.client }), / ip=dhcp BOOTIF=/)
    const nobody = { ...known, machine: undefined, client: { ...base.client, mac: '' } }
    assert.match(grubEntry(nobody), /,nolock ip=dhcp rw /)
  })

  it('quotes what GRUB would act on, and refuses what it would change', () => {
    assert.match(grubEntry({ ...known, cmdline: 'a=$x;y b' }), / 'a=\$x;y' b$/m)
    for (const cmdline of ['dyndbg="file x +p"', "a='b'", 'a\\b', 'ö']) {
      assert.throws(() => grubEntry({ ...known, cmdline }), { code: 'BE_CMDLINE' })
    }
  })

  it('names odd kernel files so that GRUB fetches those very files', () => {
    const vmlinuz = 'boot/vmlinuz-6.1 #1 50%?'
    const text = grubConfig({ ...known, be: { ...linux, boots: { vmlinuz } } })
    const [, http] = /\(http,[^)]*\)(\S+)/.exec(text)!
    assert.equal(targetPath(http!), `/be/deb12/${vmlinuz}`)
    assert.ok(text.includes(`${TFTP}'/be/deb12/${vmlinuz}'`), text)
  })
})
