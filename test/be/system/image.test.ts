import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { readImage } from '../../../src/be/system/image.ts'
import { bzImage, elf, pe } from '../images.ts'

describe('headers of kernels and loaders', () => {
  it('ELF tells the processor and FreeBSD', () => {
    assert.deepEqual(readImage(elf(62, { osabi: 9 })), { format: 'elf', arch: 'amd64', freebsd: true })
    assert.deepEqual(readImage(elf(3)), { format: 'elf', arch: 'i386', freebsd: false })
    assert.deepEqual(readImage(elf(183)), { format: 'elf', arch: 'arm64', freebsd: false })
    assert.equal(readImage(elf(21, { bigEndian: true }))?.arch, undefined)
    assert.equal(readImage(elf(40))?.arch, 'armv7')
    assert.equal(readImage(elf(243))?.arch, 'riscv64')
    assert.equal(readImage(elf(258))?.arch, 'loongarch64')
    const riscv32 = elf(243)
    riscv32[4] = 1
    assert.equal(readImage(riscv32)?.arch, undefined)
  })

  it('PE tells the processor of loader.efi and of kernels with an EFI stub', () => {
    assert.deepEqual(readImage(pe(0x8664)), { format: 'pe', arch: 'amd64' })
    assert.deepEqual(readImage(pe(0xaa64, 0x40)), { format: 'pe', arch: 'arm64' })
    assert.deepEqual(readImage(pe(0x14c)), { format: 'pe', arch: 'i386' })
    assert.deepEqual(readImage(pe(0x1c2)), { format: 'pe', arch: 'armv7' })
    assert.deepEqual(readImage(pe(0x5064)), { format: 'pe', arch: 'riscv64' })
    assert.deepEqual(readImage(pe(0x6264)), { format: 'pe', arch: 'loongarch64' })
  })

  it('kernels without a stub are known by their own magic', () => {
    assert.deepEqual(readImage(bzImage(0x20f, 1)), { format: 'bzimage', arch: 'amd64' })
    assert.deepEqual(readImage(bzImage(0x20f, 0)), { format: 'bzimage', arch: 'i386' })
    assert.deepEqual(readImage(bzImage(0x204, 1)), { format: 'bzimage' })
    const arm64 = Buffer.alloc(64)
    arm64.write('ARM\x64', 56, 'latin1')
    assert.deepEqual(readImage(arm64), { format: 'arm64', arch: 'arm64' })
  })

  it('the beginning of kernel.gz is enough', () => {
    const long = Buffer.concat([
      elf(62, { osabi: 9 }),
      Buffer.from(Array.from({ length: 9999 }, (_, i) => i * i)),
    ])
    assert.equal(readImage(gzipSync(long).subarray(0, 2000))?.arch, 'amd64')
    assert.equal(readImage(Buffer.from([0x1f, 0x8b, 8])), undefined)
  })

  it('truncated anywhere, a header is absent or the same', () => {
    for (const whole of [elf(62), pe(0x8664), bzImage(0x20f, 1), gzipSync(elf(62))]) {
      for (let length = 0; length < whole.length; length++) {
        const arch = readImage(whole.subarray(0, length))?.arch
        assert.ok(arch === undefined || arch === 'amd64')
      }
    }
  })

  it('arbitrary bytes never throw, with any magic before them', () => {
    const magic = fc.constantFrom('', '\x7fELF\x02\x01', '\x7fELF\x01\x02', 'MZ', '\x1f\x8b\x08\x00')
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 1200 }), (start, bytes) => {
        readImage(Buffer.concat([Buffer.from(start, 'latin1'), bytes]))
      }),
    )
  })
})
