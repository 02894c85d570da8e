import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attributesOf } from '../../../../src/nfs/embedded/files/attributes.ts'
import { rootHandle } from '../../../../src/nfs/embedded/files/volume.ts'
import { grantedAccess } from '../../../../src/nfs/embedded/procedures/permissions.ts'
import { withTemporaryDirectory } from '../../../support/temporary.ts'

const ALL = 63
const READ = 1
const WRITE = 4 | 8
const ROOT = { uid: 0, gid: 0, groups: [] }
const NOBODY = { uid: 65534, gid: 65534, groups: [] }

describe('nfs/embedded/files/attributes', () => {
  it('inode numbers above 2^63 are written as they are: overlayfs and FUSE have such', () =>
    withTemporaryDirectory(async dir => {
      // As Node returns it.
      const stat = Object.assign(lstatSync(dir, { bigint: true }), { ino: -2n })
      const { inode, encoded } = attributesOf(stat, 7)
      assert.equal(inode, 2n ** 64n - 2n)
      assert.equal(encoded.readBigUInt64BE(52), inode)
      assert.equal(rootHandle(7, stat).readBigUInt64BE(8), inode)
    }))

  it('ACCESS grants writing to devices and pipes, which are the client’s, and to nothing else', () =>
    withTemporaryDirectory(async dir => {
      const [pipe, file] = [join(dir, 'pipe'), join(dir, 'file')]
      execFileSync('mkfifo', ['-m', '600', pipe])
      writeFileSync(file, '', { mode: 0o600 })
      const of = (path: string) => attributesOf(lstatSync(path, { bigint: true }), 7)
      assert.equal(grantedAccess(of(pipe), ROOT, ALL), READ | WRITE)
      assert.equal(grantedAccess(of(pipe), NOBODY, ALL), 0)
      assert.equal(grantedAccess(of(file), ROOT, ALL), READ)
    }))
})
