import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { inspect } from '../../../src/be/system/inspect.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { elf, pe } from '../images.ts'

const FREEBSD_VERSION = '#!/bin/sh\nset -e\nUSERLAND_VERSION="12.1-RELEASE-p2"\necho $USERLAND_VERSION\n'
const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'

describe('what a tree is and can boot with', () => {
  const tmp = temporaryDirectory()
  const put = (path: string, data: string | Buffer) => {
    mkdirSync(dirname(join(tmp.path, path)), { recursive: true })
    writeFileSync(join(tmp.path, path), data)
  }
  const link = (target: string, path: string) => symlinkSync(target, join(tmp.path, path))
  const look = async () => {
    const { name, path, ...rest } = await inspect('t', tmp.path)
    assert.deepEqual({ name, path }, { name: 't', path: tmp.path })
    return rest
  }

  it('a FreeBSD release: loaders, kernel, arch by header, release without running anything', async () => {
    put('boot/pxeboot', 'BTX')
    put('boot/loader.efi', pe(0x8664))
    put('boot/kernel/kernel', elf(62, { osabi: 9 }))
    put('bin/freebsd-version', FREEBSD_VERSION)
    put('etc/os-release', 'NAME=FreeBSD\nID=freebsd\n')
    assert.deepEqual(await look(), {
      kind: 'freebsd',
      arch: 'amd64',
      release: '12.1-RELEASE-p2',
      boots: { pxeboot: 'boot/pxeboot', loaderEfi: 'boot/loader.efi', kernel: 'boot/kernel/kernel' },
    })
  })

  it('one that is being installed has nothing to boot with, whatever the marker contains', async () => {
    put('boot/pxeboot', 'BTX')
    put('boot/kernel/kernel', elf(62))
    put('.nbe-installing', 'not what be install writes')
    assert.deepEqual(await look(), { kind: 'freebsd', arch: 'amd64', boots: {}, installing: true })
  })

  it('a FreeBSD with kernel.gz alone, for arm64', async () => {
    put('boot/loader.efi', pe(0xaa64))
    put('boot/kernel/kernel.gz', 'not gzip at all')
    const { arch, boots } = await look()
    assert.equal(arch, 'arm64')
    assert.equal(boots.kernel, 'boot/kernel/kernel.gz')
  })

  it('does not offer a loader that cannot start this kernel', async () => {
    put('boot/loader.efi', pe(0x14c))
    put('boot/kernel/kernel', elf(62))
    assert.deepEqual((await look()).boots, { kernel: 'boot/kernel/kernel' })
  })

  it('a FreeBSD userland older than freebsd-version(1) is known by the ABI of its shell', async () => {
    put('bin/sh', elf(3, { osabi: 9 }))
    assert.deepEqual(await look(), { kind: 'freebsd', arch: 'i386', boots: {} })
  })

  it('without freebsd-version(1) the release is that of its C headers', async () => {
    put('bin/sh', elf(3, { osabi: 9 }))
    for (const [number, release] of Object.entries({
      804000: '8.4',
      803000: '8.3',
      502010: '5.2',
      411000: '4.11',
      1001000: '10.1',
    })) {
      put('usr/include/osreldate.h', `#ifdef _KERNEL\n#else\n#define __FreeBSD_version ${number}\n#endif\n`)
      assert.equal((await look()).release, release)
    }
    put('usr/include/osreldate.h', '#define __FreeBSD_version rubbish')
    assert.equal((await look()).release, undefined)
  })

  it('a Debian: the newest kernel, its own initrd, links resolved inside the tree', async () => {
    put('boot/vmlinuz-6.1.0-9-amd64', pe(0x8664))
    put('boot/vmlinuz-6.1.0-44-amd64', pe(0x8664))
    put('boot/vmlinuz.old', pe(0x8664))
    put('boot/initrd.img-6.1.0-9-amd64', '')
    put('boot/initrd.img-6.1.0-44-amd64', '')
    put('usr/lib/os-release', DEBIAN)
    link('boot/vmlinuz-6.1.0-9-amd64', 'vmlinuz')
    mkdirSync(join(tmp.path, 'etc'))
    link('../usr/lib/os-release', 'etc/os-release')
    assert.deepEqual(await look(), {
      kind: 'linux',
      arch: 'amd64',
      release: 'Debian GNU/Linux 12 (bookworm)',
      boots: { vmlinuz: 'boot/vmlinuz-6.1.0-44-amd64', initrd: 'boot/initrd.img-6.1.0-44-amd64' },
    })
  })

  for (const [distribution, kernel, initrd] of [
    ['Fedora', 'boot/vmlinuz-6.17.4-300.fc43.x86_64', 'boot/initramfs-6.17.4-300.fc43.x86_64.img'],
    ['SUSE', 'boot/vmlinuz-6.4.0-150600-default', 'boot/initrd-6.4.0-150600-default'],
    ['Arch', 'boot/vmlinuz-linux', 'boot/initramfs-linux.img'],
    ['Alpine', 'boot/vmlinuz-lts', 'boot/initramfs-lts'],
    ['a hand-made tree', 'vmlinuz', 'initrd.img'],
  ] as const) {
    it(`finds kernel and initial RAM disk of ${distribution}`, async () => {
      put(kernel, pe(0x8664))
      put(initrd, '')
      assert.deepEqual((await look()).boots, { vmlinuz: kernel, initrd })
    })
  }

  it('never pairs a kernel with the modules of another version', async () => {
    put('boot/vmlinuz-6.2', pe(0x8664))
    put('boot/initrd.img-6.1', '')
    assert.deepEqual((await look()).boots, { vmlinuz: 'boot/vmlinuz-6.2' })
  })

  it('a Linux without a kernel of its own has the arch of its shell', async () => {
    put('etc/os-release', DEBIAN)
    put('usr/bin/dash', elf(183))
    link('usr/bin', 'bin')
    link('dash', 'usr/bin/sh')
    const { kind, arch, boots } = await look()
    assert.deepEqual({ kind, arch, boots }, { kind: 'linux', arch: 'arm64', boots: {} })
  })

  it('anything else is flat, a directory that is not there too', async () => {
    put('files/readme', 'hello')
    assert.deepEqual(await look(), { kind: 'flat', boots: {} })
    const gone = join(tmp.path, 'gone')
    assert.deepEqual(await inspect('x', gone), { name: 'x', path: gone, kind: 'flat', boots: {} })
  })

  it('reads nothing of the host through hostile links, and does not block on a pipe', async () => {
    put('victim/boot/kernel/kernel', elf(62))
    put('be/etc/x', '')
    mkdirSync(join(tmp.path, 'be/boot/loader.efi'), { recursive: true })
    link('../../victim/boot/kernel', 'be/boot/kernel')
    link('../../../../../../../../../../etc/os-release', 'be/etc/os-release')
    link('/proc/self/environ', 'be/vmlinuz')
    mkdirSync(join(tmp.path, 'be/bin'))
    execFileSync('mkfifo', [join(tmp.path, 'be/bin/sh')])
    const found = await inspect('be', join(tmp.path, 'be'))
    assert.deepEqual(found, { name: 'be', path: join(tmp.path, 'be'), kind: 'flat', boots: {} })
  })

  it('with truncated or empty headers the arch is unknown', async () => {
    put('boot/kernel/kernel', elf(62))
    put('boot/loader.efi', '')
    truncateSync(join(tmp.path, 'boot/kernel/kernel'), 10)
    assert.deepEqual(await look(), {
      kind: 'freebsd',
      boots: { kernel: 'boot/kernel/kernel', loaderEfi: 'boot/loader.efi' },
    })
  })

  it('arbitrary bytes in every file that is read never throw', async () => {
    const files = [
      'boot/kernel/kernel',
      'boot/loader.efi',
      'bin/freebsd-version',
      'etc/os-release',
      'vmlinuz',
    ]
    const bytes = fc.uint8Array({ maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(fc.subarray(files), bytes, async (chosen, data) => {
        const root = join('fuzz', Math.random().toString(36).slice(2))
        put(join(root, 'x'), '')
        for (const file of chosen) put(join(root, file), Buffer.from(data))
        await inspect('t', join(tmp.path, root))
      }),
      { numRuns: 60 },
    )
  })
})
