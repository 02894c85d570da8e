import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { giveToGroup } from '../../src/host/group.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const GID = 4242

describe('giving a directory to a group', () => {
  const tmp = temporaryDirectory()

  before(function () {
    if (process.getuid?.() !== 0) this.skip()
  })

  const look = (path: string) => {
    const { gid, mode } = statSync(join(tmp.path, path))
    return [gid, (mode & 0o7777).toString(8)]
  }

  it('gives it with all that it holds, but not what is not ours alone, nor what links lead to', () => {
    for (const dir of ['state/vm', 'state/ROOT/head/tmp', 'host'])
      mkdirSync(join(tmp.path, dir), { recursive: true })
    for (const dir of ['state/ROOT/head/tmp', 'host']) chmodSync(join(tmp.path, dir), 0o1777)
    for (const file of ['state/nbe.db', 'state/ROOT/head/su', 'host/file'])
      writeFileSync(join(tmp.path, file), '')
    chmodSync(join(tmp.path, 'state/nbe.db'), 0o640)
    chmodSync(join(tmp.path, 'state/ROOT/head/su'), 0o4755)
    symlinkSync(join(tmp.path, 'host'), join(tmp.path, 'state/link'))
    symlinkSync(join(tmp.path, 'state'), join(tmp.path, 'path'))
    giveToGroup(join(tmp.path, 'path'), GID, [join(tmp.path, 'path/ROOT'), join(tmp.path, 'none')])
    assert.deepEqual(look('state'), [GID, '2750'])
    assert.deepEqual(look('state/vm'), [GID, '2750'])
    assert.deepEqual(look('state/nbe.db'), [GID, '640'])
    assert.deepEqual(look('state/ROOT/head/tmp'), [0, '1777'])
    assert.deepEqual(look('state/ROOT/head/su'), [0, '4755'])
    assert.deepEqual(look('host'), [0, '1777'])
    assert.deepEqual(look('host/file')[0], 0)
  })
})
