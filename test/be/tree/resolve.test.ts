import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { resolveInside } from '../../../src/be/tree/resolve.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('paths inside a boot environment', () => {
  const tmp = temporaryDirectory()
  let root: string
  const link = (target: string, path: string) => symlinkSync(target, join(root, path))

  beforeEach(() => {
    root = join(tmp.path, 'be')
    mkdirSync(join(root, 'boot/kernel'), { recursive: true })
    mkdirSync(join(root, 'etc'))
    writeFileSync(join(root, 'boot/loader.efi'), '')
    writeFileSync(join(root, 'etc/passwd'), 'inside')
    writeFileSync(join(tmp.path, 'secret'), 'outside')
  })

  const resolves = async (path: string, to: string | undefined) =>
    assert.equal(await resolveInside(root, path), to === undefined ? undefined : join(root, to), path)

  it('resolve with a leading slash and with dots too', async () => {
    for (const path of [
      'boot/loader.efi',
      '/boot/loader.efi',
      'boot//./loader.efi',
      'etc/../boot/loader.efi',
    ]) {
      await resolves(path, 'boot/loader.efi')
    }
    await resolves('', '')
    await resolves('boot/kernel', 'boot/kernel')
  })

  it('stay in the root: neither .. nor a link leads to the host', async () => {
    link('../../secret', 'up')
    link(join(tmp.path, 'secret'), 'absolute')
    link('/etc', 'host-etc')
    link('..', 'boot/out')
    await resolves('../secret', undefined)
    await resolves('up', undefined)
    await resolves('absolute', undefined)
    await resolves('host-etc/passwd', 'etc/passwd')
    await resolves('boot/out/../../secret', undefined)
    await resolves('../../etc/passwd', 'etc/passwd')
  })

  it('follow links as a chroot does, whole directories too', async () => {
    link('/boot', 'b')
    link('b/loader.efi', 'l')
    link('../boot/loader.efi', 'etc/up')
    await resolves('l', 'boot/loader.efi')
    await resolves('etc/up', 'boot/loader.efi')
  })

  it('are undefined when missing, looping, through a file, or with a NUL', async () => {
    link('loop', 'loop')
    link('pong', 'ping')
    link('ping', 'pong')
    for (const path of ['none', 'loop', 'ping', 'etc/passwd/..', 'etc/passwd/', 'etc/passwd/x', 'etc\0']) {
      await resolves(path, undefined)
    }
    assert.equal(await resolveInside(join(tmp.path, 'none'), ''), undefined)
  })

  it('stay inside whatever links the tree has', async () => {
    const part = fc.constantFrom('..', '.', '', 'boot', 'etc', 'x', 'y', 'secret', 'passwd')
    const path = fc.array(part, { maxLength: 6 }).map(parts => parts.join('/'))
    await fc.assert(
      fc.asyncProperty(path, path, path, async (x, y, asked) => {
        const dir = join(tmp.path, Math.random().toString(36).slice(2))
        mkdirSync(join(dir, 'boot/etc'), { recursive: true })
        mkdirSync(join(dir, 'etc'))
        symlinkSync(x || '/', join(dir, 'x'))
        symlinkSync(y || '/', join(dir, 'boot/y'))
        const found = await resolveInside(dir, asked)
        assert.ok(found === undefined || found === dir || found.startsWith(`${dir}/`), found)
      }),
    )
  })
})
