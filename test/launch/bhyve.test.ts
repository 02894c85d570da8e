import assert from 'node:assert/strict'
import { bhyve } from '../../src/launch/bhyve.ts'
import { beError } from '../support/errors.ts'
import { boot, valuesOf, vmInput } from './inputs.ts'

describe('launch bhyve', () => {
  it('boots by the firmware’s PXE over virtio-net, its only driver', () => {
    const { main, needs, load, clean } = bhyve.plan(vmInput({ own: { firmware: 'uefi' } }))
    assert.deepEqual(valuesOf(main.argv, '-l'), ['bootrom,/fw/BHYVE_UEFI.fd', 'com1,stdio'])
    assert.ok(valuesOf(main.argv, '-s').includes('2,virtio-net,tap1029,mac=02:01:02:03:04:05'))
    assert.deepEqual(needs, [{ path: '/fw/BHYVE_UEFI.fd', from: 'edk2-bhyve' }])
    // Closing a tap takes it down: it is brought up before each boot.
    assert.deepEqual(
      load!.map(({ argv }) => argv.join(' ')),
      ['ifconfig tap1029 up'],
    )
    assert.deepEqual(
      clean!.map(({ argv }) => argv.join(' ')),
      ['bhyvectl --vm=head --destroy'],
    )
  })

  it('exit statuses are those of bhyve(8)', () => {
    const { exitStatuses: ends } = bhyve.plan(vmInput({ own: { firmware: 'uefi' } }))
    assert.deepEqual(ends, { 0: 'reboot', 1: 'off', 2: 'off', 3: 'failed', 4: 'failed' })
  })

  it('refuses firmware and cards without PXE', () => {
    for (const firmware of ['bios', 'none'] as const) {
      assert.throws(() => bhyve.plan(vmInput({ own: { firmware } })), beError('BE_LAUNCH_FIRMWARE', /uefi/))
    }
    const own = { firmware: 'uefi', nic: 'e1000' } as const
    assert.throws(() => bhyve.plan(vmInput({ own })), beError('BE_LAUNCH_DEVICE', /virtio/))
    const arm = { ...boot.be!, arch: 'arm64' as const }
    assert.throws(() => bhyve.plan(vmInput({ be: arm })), beError('BE_LAUNCH_ARCH'))
  })

  it('attaches the disk to a bus that the release has a driver for', () => {
    const own = { firmware: 'uefi', nic: 'virtio', disk: '/dev/zvol/zroot/d' } as const
    const disk = (release: string) =>
      valuesOf(bhyve.plan(vmInput({ own, be: { ...boot.be!, release } })).main.argv, '-s')[2]
    assert.equal(disk('14.1-RELEASE'), '3,virtio-blk,/dev/zvol/zroot/d')
    assert.equal(disk('8.0-RELEASE'), '3,ahci-hd,/dev/zvol/zroot/d')
    assert.throws(() => disk('7.4-RELEASE'), beError('BE_LAUNCH_DEVICE', /ATA/))
  })
})
