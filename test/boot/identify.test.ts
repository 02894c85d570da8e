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

  it('takes anything else for an installed system', () => {
    assert.equal(who({ parameterList: [1, 3, 6], vendorClass: 'dhclient' }), 'os  ')
    assert.equal(who({ parameterList: [1, 3, 6] }, uefi), 'os uefi amd64')
    assert.equal(who({}), 'os  ')
  })
})
