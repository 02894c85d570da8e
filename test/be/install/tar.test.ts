import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpack, unpackError, whichTar } from '../../../src/be/install/tar.ts'
import { beError } from '../../support/errors.ts'
import { ensurePackages } from '../../support/packages.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { treeAsText } from '../trees.ts'
import { pack, plant, SETS } from './mirror.ts'

describe('archives, unpacked into a tree', () => {
  before(() => ensurePackages(['attr', 'bzip2', 'xz-utils', 'zstd']))
  const tmp = temporaryDirectory()
  const path = (name: string) => join(tmp.path, name)
  const put = (file: string, tree = 'tree') => {
    mkdirSync(path(tree), { recursive: true })
    return unpack(file, 'set.txz', { root: path(tree), platform: 'linux', progress: () => {} })
  }

  it('modes, owners by number, links hard and symbolic: all as packed, whatever the packing', async () => {
    const files = SETS.base!
    mkdirSync(path('original'))
    for (const option of ['--xz', '--gzip', '--bzip2', '--zstd', '--numeric-owner']) {
      const file = pack(path(`set${option}`), files, option)
      await put(file, `tree${option}`)
    }
    plant(path('original'), files)
    assert.equal(treeAsText(path('tree--xz')), treeAsText(path('original')))
    assert.equal(statSync(path('tree--zstd/usr/bin/su')).mode & 0o7777, 0o4555)
    assert.equal(statSync(path('tree--gzip/bin/[')).ino, statSync(path('tree--gzip/bin/sh')).ino)
    assert.equal(await whichTar('linux'), 'gnu')
  })

  it('extended attributes and holes, too', async () => {
    plant(path('original'), { 'bin/ping': 'ping', 'var/holes': '' })
    truncateSync(path('original/var/holes'), 1 << 24)
    execFileSync('setfattr', ['-n', 'user.note', '-v', 'kept', path('original/bin/ping')])
    const argv = ['--xattrs', '-S', '-f', path('set.tar'), '-C', path('original'), '.']
    execFileSync('tar', ['-c', ...argv])
    await put(path('set.tar'))
    const shown = execFileSync('getfattr', ['-d', path('tree/bin/ping')], { stdio: 'pipe', encoding: 'utf8' })
    assert.match(shown, /user\.note="kept"/)
    const { size, blocks } = statSync(path('tree/var/holes'))
    assert.ok(size === 1 << 24 && blocks < 100)
  })

  it('over what an interrupted run left: the result is the same', async () => {
    const file = pack(path('set.txz'), SETS.base!)
    await put(file)
    const once = treeAsText(path('tree'), { times: true })
    writeFileSync(path('tree/bin/sh'), 'half')
    execFileSync('rm', [path('tree/usr/lib/libc.so')])
    await put(file)
    assert.equal(treeAsText(path('tree'), { times: true }), once)
  })

  it('one that is damaged or no archive at all', async () => {
    const file = pack(path('set.txz'), SETS.base!)
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length / 2))
    await assert.rejects(
      put(file),
      beError('BE_INSTALL_UNPACK', /^set\.txz cannot be unpacked into .*tree: /),
    )
    writeFileSync(file, 'hello')
    await assert.rejects(put(file), beError('BE_INSTALL_UNPACK', /does not look like a tar archive/))
  })

  it("each of tar's errors becomes one line with a hint", () => {
    const target = { root: '/ROOT/t', platform: 'linux' as const }
    const error = (stderr: string) => unpackError('base.txz', target, stderr, 2)
    const full =
      'tar: ./usr/x: Wrote only 512 of 10240 bytes\ntar: ./y: Cannot write: No space left on device\n'
    assert.equal(error(full).code, 'BE_FILE_NO_SPACE')
    for (const child of ['child', 'grandchild']) {
      const noXz = `tar (${child}): xz: Cannot exec: No such file or directory\ntar: Child returned status 2\n`
      assert.match(
        error(noXz).line,
        /program xz is not installed; apt-get install xz-utils \[BE_PROGRAM_MISSING\]/,
      )
    }
    // A name of the archive is not mistaken for what tar says.
    const named = 'tar: No space left on device: Cannot exec: Cannot open: File name too long\n'
    assert.equal(error(named).code, 'BE_INSTALL_UNPACK')
    assert.match(error('').line, /tar ended with status 2/)
    assert.match(unpackError('base.txz', target, '').line, /tar was killed/)
  })
})
