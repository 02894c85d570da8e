import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findPlace } from '../../../src/be/tree/walk.ts'
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

  const resolves = (path: string, to: string | undefined) => {
    const found = findPlace(root, path)
    assert.equal(found?.stat && found.path, to, path)
  }

  it('resolve with a leading slash and with dots too', () => {
    for (const path of [
      'boot/loader.efi',
      '/boot/loader.efi',
      'boot//./loader.efi',
      'etc/../boot/loader.efi',
    ]) {
      resolves(path, 'boot/loader.efi')
    }
    resolves('', '')
    resolves('boot/kernel', 'boot/kernel')
  })

  it('stay in the root: neither .. nor a link leads to the host', () => {
    link('../../secret', 'up')
    link(join(tmp.path, 'secret'), 'absolute')
    link('/etc', 'host-etc')
    link('..', 'boot/out')
    resolves('../secret', undefined)
    resolves('up', undefined)
    resolves('absolute', undefined)
    resolves('host-etc/passwd', 'etc/passwd')
    resolves('boot/out/../../secret', undefined)
    resolves('../../etc/passwd', 'etc/passwd')
  })

  it('follow links as a chroot does, whole directories too', () => {
    link('/boot', 'b')
    link('b/loader.efi', 'l')
    link('../boot/loader.efi', 'etc/up')
    resolves('l', 'boot/loader.efi')
    resolves('etc/up', 'boot/loader.efi')
  })

  it('are undefined when missing, looping, through a file, or with a NUL', () => {
    link('loop', 'loop')
    link('pong', 'ping')
    link('ping', 'pong')
    for (const path of ['none', 'loop', 'ping', 'etc/passwd/..', 'etc/passwd/', 'etc/passwd/x', 'etc\0']) {
      resolves(path, undefined)
    }
    assert.equal(findPlace(join(tmp.path, 'none'), ''), undefined)
  })
})
