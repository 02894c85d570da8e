import assert from 'node:assert/strict'
import fc from 'fast-check'
import { archTypeName, chooseArchType, platformOf } from '../../src/boot/architectures.ts'

describe('boot/architectures', () => {
  it('knows each type of the IANA registry by its name', () => {
    for (let type = 0; type <= 41; type++) assert.doesNotMatch(archTypeName(type), /not assigned/)
    for (const [type, name] of [
      [0, 'x86 BIOS'],
      [2, 'Itanium'],
      [9, 'EBC'],
      [14, 'POWER OPAL v3'],
      [20, 'PC/AT BIOS boot from HTTP'],
      [24, 'ARM 64-bit U-Boot boot from HTTP'],
      [28, 'RISC-V 64-bit UEFI boot from HTTP'],
      [31, 's390 Basic'],
      [35, 'Sunway 32-bit UEFI'],
      [37, 'LoongArch 32-bit UEFI'],
      [40, 'LoongArch 64-bit UEFI boot from HTTP'],
      [41, 'ARM rpiboot'],
    ] as const) {
      assert.equal(archTypeName(type), `${type}, ${name}`)
    }
    assert.match(archTypeName(4711), /^4711, which IANA has not assigned$/)
  })

  it('serves those that have a loader, each its own', () => {
    const served = Object.groupBy(
      Array.from({ length: 42 }, (_, type) => type).filter(type => platformOf(type)),
      type => `${platformOf(type)!.firmware} ${platformOf(type)!.arch}`,
    )
    assert.deepEqual(
      { ...served },
      {
        'bios amd64': [0],
        'uefi i386': [6, 15],
        'uefi amd64': [7, 9, 16, 17],
        'uefi armv7': [10, 18, 21, 23],
        'uefi arm64': [11, 19, 22, 24],
        'uefi riscv64': [27, 28],
        'uefi loongarch64': [39, 40],
      },
    )
  })

  it('of several types the first one that can be served counts', () => {
    assert.equal(chooseArchType([]), undefined)
    assert.equal(chooseArchType([2]), 2)
    assert.equal(chooseArchType([2, 11, 7]), 11)
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 1 }), types => {
        const chosen = chooseArchType(types)!
        assert.ok(types.includes(chosen))
        assert.equal(
          platformOf(chosen) === undefined,
          types.every(type => platformOf(type) === undefined),
        )
      }),
    )
  })
})
