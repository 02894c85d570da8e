import assert from 'node:assert/strict'
import { bootsOf, elapsed } from '../../src/session/boots.ts'
import type { SessionRecord } from '../../src/session/record.ts'

const START = Date.parse('2026-11-22T20:00:00Z')

/** Records a second apart, from `stage event` pairs of one machine; other machines as `mac:` before. */
function records(...lines: string[]): SessionRecord[] {
  return lines.map((line, second) => {
    const [stage, event, mac = 'm'] = line.split(' ')
    return { time: new Date(START + second * 1000).toISOString(), mac, stage, event: event! }
  })
}

const shape = (...lines: string[]) => bootsOf(records(...lines)).map(({ records }) => records.length)

describe('boots in the log', () => {
  const UEFI = ['firmware dhcp:discover', 'firmware dhcp:offer', 'firmware dhcp:request', 'firmware dhcp:ack']
  const IPXE = [
    'ipxe dhcp:discover',
    'ipxe dhcp:offer',
    'ipxe dhcp:request',
    'ipxe dhcp:ack',
    'ipxe tftp:done',
  ]
  const LOADER = ['loader dhcp:discover', 'loader dhcp:offer', 'loader dhcp:ack', 'loader nfs:mount']

  it('all stages of one way are one boot', () => {
    const [boot, ...rest] = bootsOf(records(...UEFI, ...IPXE, ...LOADER, 'os dhcp:discover'))
    assert.deepEqual(rest, [])
    assert.deepEqual(boot?.stages, ['firmware', 'ipxe', 'loader', 'os'])
    assert.deepEqual(elapsed(boot!).slice(0, 3), [0, 1, 2])
  })

  it('a repeated DISCOVER, even after an OFFER, is the same boot', () => {
    const twice = ['ipxe dhcp:discover', 'ipxe dhcp:offer']
    assert.deepEqual(shape(...twice, ...IPXE, ...LOADER), [11])
    assert.deepEqual(shape('firmware dhcp:discover', ...UEFI), [5])
  })

  it('a reboot is another boot, from firmware or from a ROM that is iPXE', () => {
    assert.deepEqual(shape(...UEFI, ...LOADER, ...UEFI, ...LOADER), [8, 8])
    assert.deepEqual(shape(...IPXE, ...LOADER, ...IPXE, ...LOADER), [9, 9])
    // A loop that never gets past its first stage shows as many boots, not as one long one.
    assert.deepEqual(shape(...UEFI, ...UEFI, ...UEFI), [4, 4, 4])
    assert.deepEqual(shape(...IPXE, ...IPXE), [5, 5])
  })

  it('firmware that goes on from PXE to HTTP without an address is on one way', () => {
    assert.deepEqual(
      shape('firmware dhcp:discover', 'http dhcp:discover', 'http dhcp:request', 'http http:get'),
      [4],
    )
  })

  it('waking begins a boot, and its DISCOVER belongs to it', () => {
    assert.deepEqual(shape('- wol:sent', '- wol:sent', ...UEFI, '- wol:sent', ...UEFI), [6, 5])
  })

  it('machines do not mix, and what nobody can name is left out', () => {
    const mixed = records('firmware dhcp:discover a', 'firmware dhcp:discover b', 'firmware dhcp:ack a')
    const boots = bootsOf([...mixed, { time: mixed[0]!.time, event: 'dhcp:malformed' }])
    assert.deepEqual(
      boots.map(({ mac, records }) => `${mac}${records.length}`),
      ['a2', 'b1'],
    )
  })

  it('carries the machine and the BE named last', () => {
    const [first, second] = records(...UEFI)
    const [boot] = bootsOf([
      { ...first!, be: 'a' },
      { ...second!, be: 'b', machine: 'm1' },
    ])
    assert.deepEqual([boot?.be, boot?.machine], ['b', 'm1'])
  })
})
