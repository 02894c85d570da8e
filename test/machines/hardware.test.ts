import assert from 'node:assert/strict'
import { parseHardware } from '../../src/machines/hardware.ts'
import { beError } from '../support/errors.ts'

describe('hardware of a machine', () => {
  it('is parsed option by option; options not given are left out', () => {
    assert.deepEqual(parseHardware({}), {})
    assert.deepEqual(parseHardware({ memory: '2048', diskBus: 'ahci', power: 'wake "it up"' }), {
      memory: 2048,
      diskBus: 'ahci',
      power: ['wake', 'it up'],
    })
  })

  it('refuses commas and quotes in a path, which would end a device’s description', () => {
    for (const disk of ['/a,b', '/a"b', "/a'b", 'a', '/a\nb']) {
      assert.throws(() => parseHardware({ disk }), beError('BE_MACHINE_HARDWARE', /disk/))
    }
    assert.deepEqual(parseHardware({ disk: '/dev/zvol/zroot/my disk' }), { disk: '/dev/zvol/zroot/my disk' })
  })
})
