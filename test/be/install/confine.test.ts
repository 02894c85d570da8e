import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyTree } from '../../../src/be/install/copy.ts'
import type { Target } from '../../../src/be/install/job.ts'
import { unpack } from '../../../src/be/install/tar.ts'
import type { Platform } from '../../../src/host/platform.ts'
import { beError } from '../../support/errors.ts'
import { ensurePackages } from '../../support/packages.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { type Member, tarball } from './hostile-tar.ts'
import { plant } from './mirror.ts'

const TARS: { program: string; platform: Platform }[] = [
  { program: 'tar', platform: 'linux' },
  { program: 'bsdtar', platform: 'freebsd' },
]

const ODD_NAMES: Record<string, string | Buffer> = {
  plain: 'x',
  'with a newline in it': 'x\ny',
  'that is not UTF-8': Buffer.from([0x78, 0xff, 0xfe]),
}

const below = (dir: string | Buffer, name: string): Buffer =>
  Buffer.concat([Buffer.from(dir as string), Buffer.from(`/${name}`)])

for (const { program, platform } of TARS) {
  describe(`an archive that tries to leave the tree: ${program}, as on ${platform}`, () => {
    const tmp = temporaryDirectory()
    const path = (name: string) => join(tmp.path, name)
    const { PATH } = process.env
    before(() => ensurePackages(['libarchive-tools', 'xz-utils']))
    beforeEach(() => {
      plant(path(''), { 'outside/secret': { mode: 0o600, data: 'secret' }, 'tree/etc/hosts': 'localhost' })
      mkdirSync(path('bin'))
      symlinkSync(`/usr/bin/${program}`, path('bin/tar'))
      process.env.PATH = `${path('bin')}:${PATH}`
    })
    afterEach(() => {
      process.env.PATH = PATH
    })
    const untouched = () => {
      const { mode, nlink } = statSync(path('outside/secret'))
      assert.deepEqual([mode & 0o7777, nlink], [0o600, 1])
      assert.deepEqual(readdirSync(path('outside')), ['secret'])
      assert.equal(readFileSync(path('outside/secret'), 'utf8'), 'secret')
    }
    const target = (): Target => ({ root: path('tree'), platform, progress: () => {} })
    const put = (...members: Member[]) => {
      const file = path('set.tar')
      writeFileSync(file, tarball(...members))
      return unpack(file, 'kernel.txz', target()).finally(untouched)
    }
    const refused = async (...members: Member[]) => {
      await assert.rejects(put(...members), beError('BE_INSTALL_LINK', /^kernel\.txz [\x20-\x7e]+$/))
    }

    for (const [what, name] of Object.entries(ODD_NAMES)) {
      it(`through a link ${what}: files, hard links to what is there`, async () => {
        await put({ name, type: '2', target: path('outside') })
        await refused({ name: below(name, 'passwd'), data: 'evil' })
        await refused({ name: below(name, 'secret'), data: 'evil' })
        await refused({ name: 'boot/fw.bin', type: '1', target: below(name, 'secret') })
        assert.ok(!readdirSync(path('tree')).includes('fw.bin'))
      })
    }

    it('through links to links, relative ones, and ones that are there since long', async () => {
      symlinkSync(path('outside'), path('tree/old'))
      await put(
        { name: 'one', type: '2', target: 'two' },
        { name: 'two', type: '2', target: '../outside' },
        { name: 'var/run', type: '2', target: '../../outside' },
        { name: 'top', type: '2', target: '/' },
      )
      for (const dir of ['one', 'two', 'var/run', 'old', `top${path('outside')}`]) {
        await refused({ name: `${dir}/passwd`, data: 'evil' })
        await refused({ name: 'boot/fw.bin', type: '1', target: `${dir}/secret` })
      }
      // Neither mode nor times of the directory outside change.
      const { mtimeMs } = statSync(path('outside'))
      await put({ name: 'old', type: '5', mode: 0o777 }).catch(() => {})
      assert.deepEqual(
        [statSync(path('outside')).mode & 0o777, statSync(path('outside')).mtimeMs],
        [0o755, mtimeMs],
      )
    })

    it('into the programs of this host, its devices and processes', async () => {
      await put(
        { name: 'usr', type: '2', target: '/usr' },
        { name: 'up', type: '2', target: '../usr' },
        { name: 'dev', type: '2', target: '/dev' },
        { name: 'cwd', type: '2', target: '/proc/self/root' },
      )
      for (const dir of ['usr', 'up', 'dev', 'cwd/usr']) {
        await refused({ name: `${dir}/nbe-test`, data: 'evil' })
      }
      for (const file of ['usr/bin/env', 'up/bin/env']) {
        await refused({ name: 'boot/fw.bin', type: '1', target: file })
      }
      const env = statSync('/usr/bin/env')
      assert.ok(env.nlink === 1 && !readdirSync('/usr').includes('nbe-test'))
    })

    it('by absolute names and by ..: they land in the tree, or nowhere', async () => {
      await put({ name: path('outside/passwd'), data: 'evil' }).catch(() => {})
      await put({ name: '../outside/passwd', data: 'evil' }).catch(() => {})
      await put({ name: 'etc/../../outside/passwd', data: 'evil' }).catch(() => {})
      await put({ name: 'boot/fw.bin', type: '1', target: path('outside/secret') }).catch(() => {})
      await put({ name: 'boot/fw.bin', type: '1', target: '../outside/secret' }).catch(() => {})
    })

    it('a link within the tree is followed as it was before', async () => {
      await put({ name: 'bin', type: '2', target: 'usr/bin' }, { name: 'usr/bin/sh', data: 'sh' })
      const through = put(
        { name: 'bin/ls', data: 'ls' },
        { name: 'usr/bin/dir', type: '1', target: 'usr/bin/sh' },
      )
      // libarchive follows none: it would replace the link.
      if (program === 'bsdtar') return assert.rejects(through, beError('BE_INSTALL_LINK'))
      await through
      assert.equal(readFileSync(path('tree/usr/bin/ls'), 'utf8'), 'ls')
      assert.equal(statSync(path('tree/usr/bin/dir')).ino, statSync(path('tree/usr/bin/sh')).ino)
    })

    it('a directory that is copied over a tree with links', async () => {
      plant(path('from'), { 'etc/rc.conf': 'evil', 'old/passwd': 'evil' })
      symlinkSync(path('outside'), path('tree/old'))
      // The copy has the directory itself, which takes the place of the link.
      await copyTree(path('from'), target())
      untouched()
      assert.equal(readFileSync(path('tree/etc/rc.conf'), 'utf8'), 'evil')
    })
  })
}

describe('a tar that cannot be confined', () => {
  const tmp = temporaryDirectory()
  const { PATH } = process.env
  afterEach(() => {
    process.env.PATH = PATH
  })

  it('unpacks nothing', async () => {
    plant(tmp.path, { 'tree/etc/hosts': '', 'set.tar': tarball({ name: 'x', data: 'x' }) })
    const refuses = '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2; exit 1\n'
    plant(tmp.path, { 'bin/unshare': { mode: 0o755, data: refuses } })
    process.env.PATH = `${join(tmp.path, 'bin')}:${PATH}`
    const target: Target = { root: join(tmp.path, 'tree'), platform: 'linux', progress: () => {} }
    await assert.rejects(
      unpack(join(tmp.path, 'set.tar'), 'base.txz', target),
      beError('BE_INSTALL_CONFINE', /^base\.txz is not unpacked, .*: unshare: unshare failed: Operation not/),
    )
    assert.deepEqual(readdirSync(join(tmp.path, 'tree')), ['etc'])
  })
})
