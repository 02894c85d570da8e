import assert from 'node:assert/strict'
import { identify } from '../../../src/boot/identify.ts'
import { machineFile } from '../../../src/boot/texts/machine-file.ts'
import { base, freebsd, linuxChange, option, planned, text } from '../inputs.ts'

const client = {
  ...identify({
    mac: 'dc:a6:32:01:02:03',
    xid: 5,
    vendorClass: 'PXEClient:Arch:00000:UNDI:002001',
    archType: 0,
  }),
  ip: '192.168.2.77',
}
const arm = { ...freebsd, arch: 'arm64' } as const

describe('boot/rules/raspberry-pi', () => {
  for (const mode of ['authority', 'proxy'] as const) {
    it(`${mode}: offers the one menu item that its firmware accepts, and a server`, () => {
      const result = planned({ client, mode, be: arm })
      assert.equal(result.refusal, undefined)
      assert.equal(text(result, 60), 'PXEClient')
      // What dnsmasq sends for pxe-service=0,"Raspberry Pi Boot".
      const menu = '0601030a0400505845091400001152617370626572727920506920426f6f74ff'
      assert.equal(option(result, 43)?.toString('hex'), menu)
      assert.deepEqual([result.reply?.siaddr, result.reply?.file], ['192.168.2.1', undefined])
    })
  }

  it('its Linux kernel gets root, network and call-back from cmdline.txt', () => {
    const callback = { url: 'http://192.168.2.1:8080/s', session: 'x' }
    const change = { ...linuxChange, be: { ...linuxChange.be!, arch: 'arm64' as const }, client, callback }
    const result = planned(change)
    assert.deepEqual([result.callback, result.handoff], [callback, 'arguments'])
    assert.equal(
      machineFile({ ...base, ...change }, 'cmdline.txt'),
      `root=/dev/nfs nfsroot=192.168.2.1:${change.root?.path ?? '/ROOT/head'},vers=3,tcp,nolock ip=192.168.2.77::192.168.2.254:255.255.255.0:m1::none BOOTIF=01-dc-a6-32-01-02-03 rw nbe.be=deb12 nbe.machine=m1 nbe.url=http://192.168.2.1:8080/s nbe.session=x console=ttyS0\n`,
    )
    assert.equal(machineFile({ ...base, client, be: arm }, 'cmdline.txt'), undefined, 'FreeBSD has none')
  })

  it('is refused what is for another processor', () => {
    assert.equal(planned({ client }).refusal?.code, 'BE_ARCH_MISMATCH')
  })
})
