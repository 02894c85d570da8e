import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { readIfThere, removeFile, writeAtomic } from '../../src/host/files.ts'
import { beError } from '../support/errors.ts'
import { withTemporaryDirectory } from '../support/temporary.ts'

describe('host/files', () => {
  it('replaces a file whole, with the given mode, and leaves no temporary file', () =>
    withTemporaryDirectory(async dir => {
      const path = join(dir, 'exports')
      await writeAtomic(path, 'one\n')
      await writeAtomic(path, 'two\n', 0o666)
      assert.equal(await readFile(path, 'utf8'), 'two\n')
      assert.equal((await stat(path)).mode & 0o777, 0o666)
      assert.deepEqual(await readdir(dir), ['exports'])
    }))

  it('does not follow a link at the path', () =>
    withTemporaryDirectory(async dir => {
      await writeFile(join(dir, 'passwd'), 'root')
      await symlink(join(dir, 'passwd'), join(dir, 'exports'))
      await writeAtomic(join(dir, 'exports'), 'mine')
      assert.equal(await readFile(join(dir, 'passwd'), 'utf8'), 'root')
    }))

  it('reports a missing directory, and cleans up when the rename fails', () =>
    withTemporaryDirectory(async dir => {
      await assert.rejects(writeAtomic(join(dir, 'no/such'), ''), beError('BE_FILE_NO_DIRECTORY', /no\/such/))
      await mkdir(join(dir, 'full/inside'), { recursive: true })
      await assert.rejects(writeAtomic(join(dir, 'full'), ''), beError('BE_FILE_IS_DIRECTORY'))
      assert.deepEqual(await readdir(dir), ['full'])
    }))

  it('distinguishes a missing file from one that cannot be read', () =>
    withTemporaryDirectory(async dir => {
      assert.equal(await readIfThere(join(dir, 'none')), undefined)
      await writeFile(join(dir, 'empty'), '')
      assert.equal(await readIfThere(join(dir, 'empty')), '')
      await assert.rejects(readIfThere(dir), beError('BE_FILE_IS_DIRECTORY'))
    }))

  it('removing a missing file is no error', () =>
    withTemporaryDirectory(async dir => {
      await removeFile(join(dir, 'none'))
      await removeFile(join(dir, 'nowhere/none'))
    }))
})
