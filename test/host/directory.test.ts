import assert from 'node:assert/strict'
import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDirectory } from '../../src/host/directory.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('host/directory', () => {
  const tmp = temporaryDirectory()

  it('makes all missing directories with the mode, and leaves those that exist', () => {
    const path = join(tmp.path, 'a/b/c')
    makeDirectory(path, 0o750)
    makeDirectory(path, 0o700)
    for (const dir of ['a', 'a/b', 'a/b/c']) assert.equal(statSync(join(tmp.path, dir)).mode & 0o777, 0o750)
    symlinkSync(path, join(tmp.path, 'link'))
    makeDirectory(join(tmp.path, 'link/d'), 0o750)
    assert.ok(existsSync(join(path, 'd')))
  })

  it('throws the system error: a file in the way, a dangling link, a file system that refuses', () => {
    writeFileSync(join(tmp.path, 'file'), '')
    symlinkSync('/nonexistent/x', join(tmp.path, 'dangling'))
    const failing = (path: string, code: string) => assert.throws(() => makeDirectory(path, 0o750), { code })
    failing(join(tmp.path, 'file'), 'EEXIST')
    failing(join(tmp.path, 'file/a'), 'ENOTDIR')
    failing(join(tmp.path, 'dangling/a'), 'EEXIST')
    failing('/proc/nbe/a', 'ENOENT')
  })
})
