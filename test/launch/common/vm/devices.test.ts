import assert from 'node:assert/strict'
import { devicesOf } from '../../../../src/launch/common/vm/devices.ts'

describe('launch devices', () => {
  const of = (release: string | undefined) => {
    const { nic, disk } = devicesOf({ kind: 'freebsd', release })
    return `${nic} ${disk}`
  }

  it('follow the release, as slide 58 has it: a card without a driver is no network', () => {
    assert.equal(of('14.1-RELEASE-p2'), 'virtio virtio')
    assert.equal(of('8.4-RELEASE'), 'virtio virtio')
    assert.equal(of('8.3-RELEASE'), 'e1000 ahci')
    assert.equal(of('8.0-RELEASE'), 'e1000 ahci')
    assert.equal(of('7.4-RELEASE'), 'e1000 ata')
    assert.equal(of('5.2.1-RELEASE'), 'e1000 ata')
    assert.equal(of('5.1-RELEASE'), 'ne2000 ata')
    assert.equal(of('4.11-RELEASE'), 'ne2000 ata')
    assert.equal(of('10.0-RELEASE'), 'virtio virtio', 'numbers, not letters')
  })

  it('are the newest where the tree does not tell, and for Linux', () => {
    assert.equal(of(undefined), 'virtio virtio')
    assert.deepEqual(devicesOf({ kind: 'linux', release: '5.1' }), { nic: 'virtio', disk: 'virtio' })
  })

  it('the machine’s own wins', () => {
    assert.deepEqual(devicesOf({ kind: 'freebsd', release: '14.1' }, { nic: 'e1000', diskBus: 'ata' }), {
      nic: 'e1000',
      disk: 'ata',
    })
  })
})
