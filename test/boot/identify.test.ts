import assert from 'node:assert/strict'
import type { Client } from '../../src/boot/client.ts'
import type { DhcpRequestFields } from '../../src/boot/dhcp.ts'
import { identify } from '../../src/boot/identify.ts'

const mac = '52:54:00:12:34:56'
const who = (traits: Partial<DhcpRequestFields>, before?: Client) => {
  const { stage, firmware, arch } = identify({ mac, xid: 0x1234, ...traits }, before)
  return [stage, firmware, arch].join(' ')
}
const uefi = identify({ mac, xid: 7, vendorClass: 'PXEClient:Arch:00007:UNDI:003000', archType: 7 })

describe('boot/identify', () => {
  it('knows firmware by its architecture', () => {
    assert.equal(who({ vendorClass: 'PXEClient:Arch:00000:UNDI:002001', archType: 0 }), 'firmware bios amd64')
    assert.equal(who({ vendorClass: 'PXEClient:Arch:00007:UNDI:003000', archType: 7 }), 'firmware uefi amd64')
    assert.equal(who({ vendorClass: 'PXEClient:Arch:00006:UNDI:003000', archType: 6 }), 'firmware uefi i386')
    assert.equal(who({ vendorClass: 'PXEClient:Arch:00011:UNDI:003000' }), 'firmware uefi arm64')
    assert.equal(who({ vendorClass: 'HTTPClient:Arch:00016:UNDI:003000', archType: 16 }), 'http uefi amd64')
  })

  it('takes no announced processor for another one, nor for that of an earlier request', () => {
    assert.equal(who({ vendorClass: 'PXEClient:Arch:00010', archType: 10 }), 'firmware uefi armv7')
    assert.equal(who({ vendorClass: 'PXEClient:Arch:00027', archType: 27 }), 'firmware uefi riscv64')
    assert.equal(who({ vendorClass: 'HTTPClient:Arch:00028' }), 'http uefi riscv64')
    assert.equal(who({ vendorClass: 'HTTPClient:Arch:00017', archType: 17 }), 'http uefi amd64')
    assert.equal(who({ vendorClass: 'PXEClient:Arch:00002', archType: 2 }, uefi), 'firmware  ')
    assert.equal(identify({ mac, xid: 7, archType: 2 }, uefi).archType, 2)
  })

  it('knows iPXE by its raw user class, by the RFC 3004 form, and by option 175', () => {
    const rom = { vendorClass: 'PXEClient:Arch:00000:UNDI:002001', archType: 0 }
    assert.equal(who({ ...rom, userClass: Buffer.from('iPXE') }), 'ipxe bios amd64')
    assert.equal(who({ ...rom, userClass: Buffer.from('\x04iPXE') }), 'ipxe bios amd64')
    assert.equal(who({ ...rom, hasIpxeOptions: true }), 'ipxe bios amd64')
  })

  it('knows every generation of FreeBSD loader, and on what it runs from what came before', () => {
    const modern = { vendorClass: 'PXEClient', userClass: Buffer.from('\x07FreeBSD'), xid: 1 }
    assert.equal(who(modern, uefi), 'loader uefi amd64')
    assert.equal(who(modern), 'loader  ')
    assert.equal(who({ vendorClass: 'PXEClient' }, uefi), 'loader uefi amd64', 'pxeboot 10')
    assert.equal(who({ xid: 1 }), 'loader  ', 'loader.efi 10 sends no 60 and no 55')
  })

  it('knows a Raspberry Pi, which says that it is a BIOS, by its UUID or its block of MACs', () => {
    const rom = { vendorClass: 'PXEClient:Arch:00000:UNDI:002001', archType: 0 }
    const board = (traits: Partial<DhcpRequestFields>) => identify({ mac, xid: 5, ...rom, ...traits }).board
    assert.equal(board({ uuid: '34695052-3114-00c0-2e6f-1c5c3a1a2b3c' }), 'raspberry-pi', 'RPi4')
    assert.equal(board({ uuid: '52506934-3114-00d0-0109-02f73d000000' }), 'raspberry-pi', '4iPR')
    assert.equal(board({ mac: 'dc:a6:32:01:02:03' }), 'raspberry-pi')
    assert.equal(board({ mac: 'dc:a6:32:01:02:03', archType: 11 }), undefined, 'its UEFI')
    assert.equal(board({ uuid: '44695052-3114-00c0-2e6f-1c5c3a1a2b3c' }), undefined)
    assert.equal(who({ ...rom, uuid: '35695052-3114-00c0-2e6f-1c5c3a1a2b3c' }), 'firmware uefi arm64')
  })

  it('knows U-Boot by its vendor class or architecture', () => {
    assert.equal(who({ vendorClass: 'U-Boot.armv8', archType: 22 }), 'firmware uefi arm64')
    assert.equal(who({ vendorClass: 'U-Boot' }), 'firmware  ', 'without option 93')
    assert.equal(who({ archType: 21 }), 'firmware uefi armv7', 'without a vendor class')
    assert.equal(
      who({ vendorClass: 'PXEClient:Arch:00011:UNDI:003000', archType: 11 }),
      'firmware uefi arm64',
    )
    assert.equal(who({ vendorClass: 'udhcp 1.27.2', archType: 14 }), 'firmware  ', 'petitboot')
  })

  it("knows GRUB's net_bootp by its seconds, after any firmware", () => {
    const xid = 0x6b0b17ec
    assert.equal(who({ xid, secs: 0x17ec }, uefi), 'grub uefi amd64')
    assert.equal(who({ xid, secs: 0x17ec, parameterList: [1, 3, 6, 15, 12, 17, 18, 60] }), 'grub  ')
    assert.equal(who({ xid, secs: 3 }, uefi), 'unknown uefi amd64', 'no loader of FreeBSD 10, whose xid is 1')
  })

  it('knows kernels that configure their interface themselves, and initial RAM disks', () => {
    assert.equal(who({ vendorClass: 'FreeBSD:amd64:14.1-RELEASE' }), 'kernel  ')
    assert.equal(who({ vendorClass: 'Linux ipconfig', parameterList: [1, 3, 121] }), 'kernel  ')
    assert.equal(who({ vendorClass: 'udhcp 1.35.0', parameterList: [1, 3, 6, 12, 15, 28, 42] }), 'kernel  ')
    for (const more of [[40], [26, 40], [26, 40, 42]]) {
      assert.equal(who({ parameterList: [1, 3, 6, 12, 15, 17, ...more] }), 'kernel  ', `ip=dhcp ${more}`)
    }
  })

  it('takes for a system only what no boot program sends', () => {
    assert.equal(who({ parameterList: [1, 28, 2, 121, 3, 15, 6, 12] }, uefi), 'os uefi amd64', 'dhclient')
    assert.equal(who({ parameterList: [1, 28, 3, 15, 6, 12] }), 'os  ', 'an old dhclient')
    assert.equal(who({ parameterList: [1, 3, 12, 15, 6, 33, 121] }), 'os  ', 'systemd-networkd')
    assert.equal(who({ vendorClass: 'dhcpcd-9.4.1:Linux-6.1:x86_64', parameterList: [1, 3] }), 'os  ')
    assert.equal(who({ vendorClass: 'MSFT 5.0', parameterList: [1, 3, 6] }), 'os  ')
  })

  it('says of any other that it is unknown', () => {
    assert.equal(who({ parameterList: [1, 3, 6] }, uefi), 'unknown uefi amd64')
    assert.equal(who({ parameterList: [1, 3, 6], vendorClass: 'onie_vendor:x' }), 'unknown  ')
    assert.equal(who({}), 'unknown  ')
  })

  it('a REQUEST is of the stage of the DISCOVER with its xid', () => {
    const discover = identify({ mac, xid: 0x17ec0005, secs: 5, type: 1 }, uefi)
    const request = { secs: 6, parameterList: [1, 28], type: 3 }
    assert.equal(who({ xid: discover.xid!, ...request }, discover), 'grub uefi amd64')
    assert.equal(who({ xid: 77, ...request }, discover), 'os uefi amd64', 'of another exchange')
    assert.equal(who({ xid: discover.xid!, ...request, type: 1 }, discover), 'os uefi amd64', 'a DISCOVER')
  })
})
