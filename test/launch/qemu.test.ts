import assert from 'node:assert/strict'
import type { VmInput } from '../../src/launch/common/vm/vm.ts'
import { qemu } from '../../src/launch/qemu.ts'
import { beError } from '../support/errors.ts'
import { boot, valuesOf, vmInput } from './inputs.ts'

const linuxHost: VmInput['host'] = {
  ...vmInput().host,
  platform: 'linux',
  dir: '/var/lib/nbe/vm/head',
  bridge: { name: 'br0' },
}

describe('launch qemu', () => {
  it('UEFI: code read-only, variables of its own, OVMF’s PXE and not the card’s ROM', () => {
    const { main, before, needs } = qemu.plan(vmInput({ host: linuxHost }))
    const [code, vars] = valuesOf(main.argv, '-drive')
    assert.match(code!, /readonly=on,file=\/fw\/CODE\.fd$/)
    assert.match(vars!, /^(?!.*readonly).*file=\/var\/lib\/nbe\/vm\/head\/vars\.fd$/)
    assert.deepEqual(needs, [
      { path: '/fw/CODE.fd', from: 'ovmf' },
      { path: '/fw/VARS.fd', from: 'ovmf' },
    ])
    // A pasted plan makes the machine's directory: there is none where it never ran.
    const [directory, variables] = before
    assert.deepEqual(directory!.do, {
      what: 'make /var/lib/nbe/vm/head',
      argv: ['mkdir', '-p', '/var/lib/nbe/vm/head'],
    })
    assert.deepEqual(variables!.do, {
      what: "copy the firmware's variables",
      argv: ['cp', '/fw/VARS.fd', '/var/lib/nbe/vm/head/vars.fd'],
    })
    assert.deepEqual(variables!.undo?.argv, ['rm', '-f', '/var/lib/nbe/vm/head/vars.fd'])
    assert.deepEqual(valuesOf(main.argv, '-device'), [
      'virtio-rng-pci',
      'virtio-net-pci,netdev=lab,mac=02:01:02:03:04:05,bootindex=1,romfile=',
    ])
  })

  it('BIOS: no firmware files, the card’s ROM does PXE', () => {
    const { main, needs } = qemu.plan(vmInput({ host: linuxHost, own: { firmware: 'bios' } }))
    assert.equal(needs, undefined)
    assert.deepEqual(valuesOf(main.argv, '-drive'), [])
    assert.deepEqual(valuesOf(main.argv, '-device'), [
      'virtio-net-pci,netdev=lab,mac=02:01:02:03:04:05,bootindex=1',
    ])
  })

  it('chooses BIOS for a tree that has a loader for BIOS only, and refuses firmware none', () => {
    const old = { ...boot.be!, release: '9.3-RELEASE', boots: { ...boot.be!.boots, pxeboot: 'boot/pxeboot' } }
    assert.ok(qemu.plan(vmInput({ be: old })).main.argv.includes('pc,graphics=off'))
    assert.throws(() => qemu.plan(vmInput({ own: { firmware: 'none' } })), beError('BE_LAUNCH_FIRMWARE'))
  })

  it('uses KVM if the host has it, else emulation', () => {
    const accel = (kvm?: { cpu: string }) =>
      qemu.plan(vmInput({ host: { ...linuxHost, ...(kvm && { kvm }) } })).main.argv
    assert.deepEqual(valuesOf(accel({ cpu: 'host' }), '-accel'), ['kvm'])
    assert.deepEqual(valuesOf(accel({ cpu: 'host' }), '-cpu'), ['host'])
    assert.deepEqual(valuesOf(accel(), '-accel'), ['tcg'])
    assert.deepEqual(valuesOf(accel(), '-cpu'), [])
  })

  it('emulates what an old release has drivers for: slide 58', () => {
    const own = { firmware: 'bios', disk: '/d.img' } as const
    const devices = (release: string) =>
      valuesOf(qemu.plan(vmInput({ own, be: { ...boot.be!, release } })).main.argv, '-device').map(
        device => device.split(',')[0],
      )
    assert.deepEqual(devices('14.1-RELEASE'), ['virtio-net-pci', 'virtio-blk-pci'])
    assert.deepEqual(devices('8.0-RELEASE'), ['e1000', 'ahci', 'ide-hd'])
    assert.deepEqual(devices('5.2-RELEASE'), ['e1000', 'ide-hd'])
    assert.deepEqual(devices('5.1-RELEASE'), ['ne2k_pci', 'ide-hd'])
  })

  it('on FreeBSD its tap is brought up: neither the bridge nor QEMU does that', () => {
    const { load } = qemu.plan(vmInput())
    assert.deepEqual(
      load?.map(({ argv }) => argv),
      [['ifconfig', 'tap1029', 'up']],
    )
    assert.equal(qemu.plan(vmInput({ host: linuxHost })).load, undefined)
  })

  it('the power button is pressed through the monitor', () => {
    const { powerOff, main } = qemu.plan(vmInput({ host: linuxHost }))
    assert.deepEqual(powerOff, { socket: '/var/lib/nbe/vm/head/monitor', text: 'system_powerdown\n' })
    assert.deepEqual(valuesOf(main.argv, '-monitor'), [
      'unix:/var/lib/nbe/vm/head/monitor,server=on,wait=off',
    ])
  })

  it('its machine protocol tells whether the machine has stopped', () => {
    const { qmp, main } = qemu.plan(vmInput({ host: linuxHost }))
    assert.equal(qmp, '/var/lib/nbe/vm/head/qmp')
    assert.deepEqual(valuesOf(main.argv, '-qmp'), [`unix:${qmp},server=on,wait=off`])
  })
})
