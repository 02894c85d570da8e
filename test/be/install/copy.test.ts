import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyJob, copyTree } from '../../../src/be/install/copy.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { treeAsText } from '../trees.ts'
import { pack, plant, SETS } from './mirror.ts'

describe('an installation from a directory or an archive', () => {
  const tmp = temporaryDirectory()

  it('a directory, with hard links and owners; an archive; never a directory into itself', async () => {
    const from = plant(join(tmp.path, 'from'), SETS.base!)
    const to = join(tmp.path, 'to')
    mkdirSync(to)
    const target = { root: to, platform: 'linux' as const, progress: () => {} }
    const put = async (source: string) => (await copyJob(source)).parts[0]!.put(target)
    await put(from)
    assert.equal(treeAsText(to), treeAsText(from))
    await assert.rejects(put(tmp.path), beError('BE_INSTALL_FROM', /copied into itself/))
    await assert.rejects(
      copyJob('/nowhere'),
      beError('BE_INSTALL_FROM', /\/nowhere is nothing to install from/),
    )
    const file = pack(join(tmp.path, 'tree.tgz'), SETS.lib32!, '--gzip')
    await put(file)
    assert.ok(lstatSync(join(to, 'usr/lib32/libc.so.7')).isFile())
  })

  it('by another user than root, for whom nothing can be confined', async () => {
    const from = plant(join(tmp.path, 'from'), { 'etc/passwd': 'x', 'bin/sh': { mode: 0o555, data: 'sh' } })
    symlinkSync('/etc', join(from, 'conf'))
    const to = join(tmp.path, 'to')
    mkdirSync(to)
    execFileSync('chown', ['-hR', '65534:65534', tmp.path])
    process.setegid!(65534)
    process.seteuid!(65534)
    try {
      await copyTree(from, { root: to, platform: 'linux', progress: () => {} })
    } finally {
      process.seteuid!(0)
      process.setegid!(0)
    }
    assert.equal(treeAsText(to), treeAsText(from))
  })

  it('a directory that cannot be read completely is an error, even if the archive that came is complete', async () => {
    const from = plant(join(tmp.path, 'from'), SETS.base!)
    const bin = join(tmp.path, 'bin')
    mkdirSync(bin)
    const tar = execFileSync('which', ['tar'], { encoding: 'utf8' }).trim()
    const says = 'tar: ./lib: Cannot read: Input/output error'
    const late = `${tar} "$@" || exit; exec >&-; sleep 0.5; echo "${says}" >&2; exit 2`
    writeFileSync(join(bin, 'tar'), `#!/bin/sh\ncase $1 in -c) ${late};; esac\nexec ${tar} "$@"\n`, {
      mode: 0o755,
    })
    mkdirSync(join(tmp.path, 'to'))
    const before = process.env.PATH
    process.env.PATH = `${bin}:${before}`
    try {
      const target = { root: join(tmp.path, 'to'), platform: 'linux' as const, progress: () => {} }
      await assert.rejects(copyTree(from, target), beError('BE_INSTALL_UNPACK', /Input\/output error/))
    } finally {
      process.env.PATH = before
    }
  })
})
