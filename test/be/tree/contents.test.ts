import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyTree, holdsFiles } from '../../../src/be/tree/contents.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { type Files, plant } from '../install/mirror.ts'

describe('a tree to install into', () => {
  const tmp = temporaryDirectory()

  it('counts as empty when it has directories and links only', async () => {
    plant(tmp.path, { bin: '-> usr/bin' })
    mkdirSync(join(tmp.path, 'usr/bin'), { recursive: true })
    writeFileSync(join(tmp.path, '.nbe-installing'), '')
    assert.equal(await holdsFiles(tmp.path), false)
    writeFileSync(join(tmp.path, 'usr/bin/x'), '')
    assert.equal(await holdsFiles(tmp.path), true)
  })

  it('is emptied except for the marker and mount points', async () => {
    const files: Files = { 'usr/home/me/x': 'x', 'usr/bin/sh': 'x', 'var/log/x': 'x', '.nbe-installing': '' }
    plant(tmp.path, files)
    await emptyTree(tmp.path, [join(tmp.path, 'usr/home')])
    const left = execFileSync('find', ['.'], { cwd: tmp.path, encoding: 'utf8' }).trim().split('\n').sort()
    assert.deepEqual(left, ['.', './.nbe-installing', './usr', './usr/home'])
  })
})
