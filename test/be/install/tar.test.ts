import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkLinks, unpack, unpackError, whichTar } from '../../../src/be/install/tar.ts'
import { beError } from '../../support/errors.ts'
import { ensurePackages } from '../../support/packages.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { treeAsText } from '../trees.ts'
import { pack, plant, SETS } from './mirror.ts'

describe('archives, unpacked into a tree', () => {
  before(() => ensurePackages(['xz-utils', 'bzip2', 'zstd']))
  const tmp = temporaryDirectory()
  const path = (name: string) => join(tmp.path, name)
  const fresh = (name: string) => {
    mkdirSync(path(name))
    return path(name)
  }
  const how = (file: string) => {
    mkdirSync(path('tree'), { recursive: true })
    const into = path('tree')
    return {
      file,
      what: 'set.txz',
      into,
      tar: 'gnu' as const,
      platform: 'linux' as const,
      progress: () => {},
    }
  }

  it('modes, owners by number, links hard and symbolic: all as packed, whatever the packing', async () => {
    const files = SETS.base!
    mkdirSync(path('original'))
    for (const option of ['--xz', '--gzip', '--bzip2', '--zstd', '--numeric-owner']) {
      const file = pack(path(`set${option}`), files, option)
      await unpack({ ...how(file), into: fresh(`tree${option}`) })
    }
    plant(path('original'), files)
    assert.equal(treeAsText(path('tree--xz')), treeAsText(path('original')))
    assert.equal(statSync(path('tree--zstd/usr/bin/su')).mode & 0o7777, 0o4555)
    assert.equal(statSync(path('tree--gzip/bin/[')).ino, statSync(path('tree--gzip/bin/sh')).ino)
    assert.equal(await whichTar('linux'), 'gnu')
  })

  it('over what an interrupted run left: the result is the same', async () => {
    const file = pack(path('set.txz'), SETS.base!)
    await unpack(how(file))
    const once = treeAsText(path('tree'), { times: true })
    writeFileSync(path('tree/bin/sh'), 'half')
    execFileSync('rm', [path('tree/usr/lib/libc.so')])
    await unpack(how(file))
    assert.equal(treeAsText(path('tree'), { times: true }), once)
  })

  it('one that is damaged or no archive at all', async () => {
    const file = pack(path('set.txz'), SETS.base!)
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length / 2))
    await assert.rejects(
      unpack(how(file)),
      beError('BE_INSTALL_UNPACK', /^set\.txz cannot be unpacked into .*tree: /),
    )
    writeFileSync(file, 'hello')
    await assert.rejects(unpack(how(file)), beError('BE_INSTALL_UNPACK', /does not look like a tar archive/))
  })

  it('nothing is extracted outside of the tree, neither by name nor through links that are there', async () => {
    mkdirSync(path('outside'))
    const evil = pack(path('evil.tar'), { 'etc/passwd': 'evil' }, '--transform=s,^\\./etc,../outside,')
    await unpack(how(evil)).catch(() => {})
    const absolute = pack(
      path('abs.tar'),
      { 'etc/passwd': 'evil' },
      '-P',
      `--transform=s,^\\./etc,${path('outside')},`,
    )
    await unpack(how(absolute)).catch(() => {})
    assert.deepEqual(execFileSync('ls', [path('outside')], { encoding: 'utf8' }), '')
    // Within one archive: a link first, then a file through it.
    const linked = path('linked.tar')
    mkdirSync(path('a'))
    symlinkSync(path('outside'), path('a/etc'))
    execFileSync('tar', ['-cf', linked, '-C', path('a'), 'etc'])
    plant(path('b'), { 'etc/passwd': 'evil' })
    execFileSync('tar', ['-rf', linked, '-C', path('b'), 'etc/passwd'])
    await unpack(how(linked)).catch(() => {})
    assert.ok(!existsSync(path('outside/passwd')))
  })

  it('checkLinks: links that an earlier set left', async () => {
    const file = pack(path('set.tar'), { 'bin/sh': 'x', 'var/run/pid': 'x' }, '--zstd')
    plant(path('tree'), { 'usr/bin/x': 'x', bin: '-> usr/bin' })
    await checkLinks(how(file))
    plant(path('tree'), { 'var/run': `-> ${path('outside')}` })
    mkdirSync(path('outside'))
    await assert.rejects(
      checkLinks(how(file)),
      beError('BE_INSTALL_LINK', /files in \.\/var\/run, which is a link/),
    )
    plant(path('chain'), { one: '-> two', two: `-> ${path('outside')}` })
    const over = pack(path('chain.tar'), { 'one/x': 'x' })
    await assert.rejects(checkLinks({ ...how(over), into: path('chain') }), beError('BE_INSTALL_LINK'))
  })

  it("each of tar's errors becomes one line with a hint", () => {
    const unpacking = { what: 'base.txz', into: '/ROOT/t', platform: 'linux' as const }
    const error = (stderr: string) => unpackError(unpacking, stderr, 2)
    const full =
      'tar: ./usr/x: Wrote only 512 of 10240 bytes\ntar: ./y: Cannot write: No space left on device\n'
    assert.equal(error(full).code, 'BE_FILE_NO_SPACE')
    const noXz = 'tar (child): xz: Cannot exec: No such file or directory\ntar: Child returned status 2\n'
    assert.match(
      error(noXz).line,
      /program xz is not installed; apt-get install xz-utils \[BE_PROGRAM_MISSING\]/,
    )
    assert.match(error('').line, /tar ended with status 2/)
    assert.match(unpackError(unpacking, '').line, /tar was killed/)
  })
})
