import assert from 'node:assert/strict'
import type { Arch } from '../../../src/be/be.ts'
import { identify } from '../../../src/boot/identify.ts'
import { freebsd, linux, linuxChange, loader, mac, planned, refusalCode, ruleOf, uefi } from '../inputs.ts'

const announcing = (archType: number) => identify({ mac, xid: 7, vendorClass: 'PXEClient', archType })

describe('boot/rules/architecture', () => {
  it('refuses by name what there is no loader for, instead of sending it the one of amd64', () => {
    for (const [type, name] of [
      [2, 'Itanium'],
      [14, 'POWER OPAL v3'],
      [25, 'RISC-V 32-bit UEFI'],
      [37, 'LoongArch 32-bit UEFI'],
      [4711, 'which IANA has not assigned'],
    ] as const) {
      const { refusal, reply } = planned({ client: announcing(type) })
      assert.equal(refusal?.code, 'BE_ARCH_TYPE')
      assert.ok(refusal.line.startsWith(`arch ${type}, ${name}: no loader for it`), refusal.line)
      assert.equal(reply?.file, undefined)
    }
    assert.equal(ruleOf(planned({ client: announcing(2) }), 'refused'), 'architecture')
    assert.equal(planned({ client: announcing(2), be: undefined }).refusal, undefined, 'nothing was to boot')
  })

  it('each processor gets a boot environment for it alone', () => {
    const types: [number, Arch][] = [
      [6, 'i386'],
      [10, 'armv7'],
      [11, 'arm64'],
      [27, 'riscv64'],
      [28, 'riscv64'],
    ]
    for (const [type, arch] of types) {
      assert.equal(refusalCode({ client: announcing(type) }), 'BE_ARCH_MISMATCH', `${type} with amd64`)
      const own = planned({ client: announcing(type), be: { ...freebsd, arch } })
      assert.equal(own.reply?.file, 'be/head/boot/loader.efi', `${type} with ${arch}`)
    }
  })

  it("i386 firmware does not get the iPXE of amd64 for a Linux of its own, nor any other one's", () => {
    for (const [type, arch] of [
      [6, 'i386'],
      [10, 'armv7'],
      [39, 'loongarch64'],
    ] as const) {
      const change = { ...linuxChange, client: announcing(type), be: { ...linux, arch } }
      const without = planned(change)
      assert.equal(without.refusal?.code, 'BE_NO_IPXE')
      assert.match(without.refusal.line, new RegExp(`ipxe-${arch}\\.efi`))
      assert.equal(
        planned({ ...change, ipxe: { [arch]: 'own.efi', amd64: 'ipxe.efi' } }).reply?.file,
        'own.efi',
      )
    }
  })

  it('what is for an unknown processor goes where it is assigned by name, not to all as the default', () => {
    const { arch: _, ...unknown } = freebsd
    assert.equal(refusalCode({ be: unknown, assignedBy: 'default' }), 'BE_ARCH_UNKNOWN')
    for (const assignedBy of ['machine', 'once'] as const) {
      const result = planned({ be: unknown, assignedBy })
      assert.equal(result.reply?.file, 'be/head/boot/loader.efi')
      assert.equal(ruleOf(result, 'processor'), 'architecture')
    }
    const { arch: __, archType: ___, ...nameless } = loader
    assert.equal(planned({ client: nameless, be: unknown, assignedBy: 'default' }).refusal, undefined)
    assert.equal(
      refusalCode({ be: { ...unknown, kind: 'flat', boots: {} }, assignedBy: 'default' }),
      'BE_NOT_BOOTABLE',
    )
  })

  it('the loader of a machine keeps the type that its firmware announced', () => {
    const next = identify(
      { mac, xid: 1, vendorClass: 'PXEClient', userClass: Buffer.from('\x07FreeBSD') },
      uefi,
    )
    assert.deepEqual([next.archType, next.arch], [7, 'amd64'])
  })
})
