import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { withTemporaryDirectory } from '../support/temporary.ts'
import { modulesInOrder } from './modules.ts'

/** The part of a module file that is read. */
const module = (depends: string): string => `\x7fELF license=GPL\0depends=${depends}\0name=x\0`

describe('rig: modules', () => {
  it('puts each module after those that it needs, once, whichever way its name is spelled', () =>
    withTemporaryDirectory(async dir => {
      mkdirSync(join(dir, 'kernel/fs'), { recursive: true })
      const write = (name: string, depends: string) =>
        writeFileSync(join(dir, 'kernel/fs', `${name}.ko`), module(depends))
      write('nfsv3', 'nfs,sunrpc,nfs-acl')
      write('nfs', 'sunrpc')
      write('nfs_acl', 'sunrpc')
      write('sunrpc', '')
      const order = modulesInOrder(dir, ['nfs', 'nfsv3']).map(file => basename(file, '.ko'))
      assert.deepEqual(order, ['sunrpc', 'nfs', 'nfs_acl', 'nfsv3'])
      assert.throws(() => modulesInOrder(dir, ['e1000']), /has no module e1000/)
    }))
})
