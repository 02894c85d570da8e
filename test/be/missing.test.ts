import assert from 'node:assert/strict'
import type { BootEnvironment } from '../../src/be/be.ts'
import { missingToBoot } from '../../src/be/missing.ts'

const freebsd: BootEnvironment = {
  name: 'fb',
  path: '/ROOT/fb',
  kind: 'freebsd',
  arch: 'amd64',
  boots: { pxeboot: 'boot/pxeboot', loaderEfi: 'boot/loader.efi', kernel: 'boot/kernel/kernel' },
}
const linux: BootEnvironment = {
  name: 'deb',
  path: '/ROOT/deb',
  kind: 'linux',
  arch: 'amd64',
  boots: { vmlinuz: 'vmlinuz' },
}

describe('what keeps a client from booting', () => {
  const code = (...args: Parameters<typeof missingToBoot>) => missingToBoot(...args)?.code

  it('is nothing when all is there', () => {
    assert.equal(code(freebsd, 'uefi', 'amd64'), undefined)
    assert.equal(code(freebsd, 'bios'), undefined)
    // Option 93 says 0, i386, for every BIOS.
    assert.equal(code(freebsd, 'bios', 'i386'), undefined)
    assert.equal(code(linux, 'uefi', 'amd64'), undefined)
    assert.equal(code({ ...linux, arch: undefined }, 'uefi', 'arm64'), undefined)
  })

  it('is an unfinished installation, whatever files are there', () => {
    for (const be of [freebsd, linux])
      assert.equal(code({ ...be, installing: true }, 'uefi'), 'BE_INSTALLING')
  })

  it('is a processor of another kind', () => {
    assert.equal(code(freebsd, 'uefi', 'arm64'), 'BE_ARCH_MISMATCH')
    assert.equal(code({ ...freebsd, arch: 'i386' }, 'uefi', 'amd64'), 'BE_ARCH_MISMATCH')
    assert.equal(code({ ...linux, arch: 'arm64' }, 'bios', 'amd64'), 'BE_ARCH_MISMATCH')
  })

  it('is the file that this firmware needs, named with its path', () => {
    const bare = { ...freebsd, boots: { kernel: 'boot/kernel/kernel' } }
    assert.match(
      missingToBoot(bare, 'uefi')?.line ?? '',
      /fb has no boot\/loader\.efi: expected \/ROOT\/fb\/boot/,
    )
    assert.match(missingToBoot(bare, 'bios')?.line ?? '', /fb has no boot\/pxeboot.*\[BE_NO_LOADER\]/)
    assert.equal(code({ ...freebsd, boots: { pxeboot: 'boot/pxeboot' } }, 'bios'), 'BE_NO_KERNEL')
    assert.equal(code({ ...linux, boots: {} }, 'bios'), 'BE_NO_KERNEL')
    assert.equal(code({ ...linux, kind: 'flat' }, 'bios'), 'BE_NOT_BOOTABLE')
  })
})
