import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { nodeClock } from '../../../src/net/node.ts'
import { LINUX_EXPORTS, linuxDriver } from '../../../src/nfs/drivers/linux.ts'
import { type ShareContext, shareBes, unshareBes } from '../../../src/nfs/share.ts'
import type { ShareRequest } from '../../../src/nfs/share-list.ts'
import { beError } from '../../support/errors.ts'
import { FakeLinux } from '../../support/fake-linux.ts'
import { memoryStore } from '../memory-store.ts'
import { NfsHost } from '../nfs-host.ts'

describe('nfs/drivers/linux', () => {
  let nfs: NfsHost
  let host: FakeLinux
  let context: ShareContext
  let warnings: string[]
  beforeEach(async () => {
    nfs = await NfsHost.start()
    host = new FakeLinux(nfs)
    warnings = []
    const warn = (line: string) => warnings.push(line)
    const driver = { ...linuxDriver({ host, warn }), settleMs: 0 }
    const { network } = nfs
    const store = memoryStore()
    context = { driver, store, network, clock: nodeClock, host, server: '127.0.0.1', warn }
    for (const be of ['a', 'b']) host.directory(`/ROOT/${be}`)
  })
  afterEach(() => nfs.server.stop())

  const request = (be: string, more: Partial<ShareRequest> = {}): ShareRequest => ({
    be,
    path: `/ROOT/${be}`,
    clients: ['127.0.0.0/8'],
    maproot: 'root',
    readOnly: false,
    ...more,
  })
  const lines = (): string[] =>
    (host.files.get(LINUX_EXPORTS) ?? '').split('\n').filter(line => line.startsWith('/'))
  const shared = (): string[] => context.store.all().map(({ be }) => be)

  it('writes its file, exports with one exportfs, and unshares', async () => {
    await shareBes(context, [request('a'), request('b')])
    assert.deepEqual([lines().length, host.count('exportfs')], [2, 1])
    assert.equal(host.files.get('/etc/exports'), '')
    await unshareBes(context, ['a', 'b'])
    assert.deepEqual(host.ran.slice(1), [
      'exportfs -u 127.0.0.0/8:/ROOT/a 127.0.0.0/8:/ROOT/b',
      'exportfs -a',
    ])
    assert.deepEqual([lines(), nfs.exports.size], [[], 0])
  })

  it('keeps exports that an admin made by hand, whether sharing succeeds or fails', async () => {
    const byHand = { path: '/ROOT/b', client: '127.0.0.0/8', options: ['rw'] }
    host.etab.push(byHand)
    await shareBes(context, [request('a', { readOnly: true })])
    await shareBes(context, [request('a')])
    assert.deepEqual(host.etab[0]!.options[0], 'rw', 'changed rights are in force')
    nfs.silent.add('100003/tcp')
    host.directory('/ROOT/c')
    await assert.rejects(shareBes(context, [request('c')]), beError('BE_NFS_NO_TCP'))
    assert.deepEqual([...nfs.exports.keys()], ['/ROOT/a', '/ROOT/b'])
    await unshareBes(context, ['a'])
    assert.deepEqual(host.etab, [byHand])
  })

  it('unsharing that is interrupted before the file is written can be repeated', async () => {
    await shareBes(context, [request('a')])
    const steps = await context.driver.apply([])
    for (const step of steps.slice(0, -2)) await step.apply?.()
    assert.equal(lines().length, 1)
    await unshareBes(context, ['a'])
    assert.deepEqual([lines(), nfs.exports.size, shared()], [[], 0, []])
  })

  it('unshares a thousand with a few exportfs, whose command lines ssh can take', async () => {
    const bes = Array.from({ length: 1000 }, (_, i) => `be${i}`)
    for (const be of bes) host.directory(`/ROOT/${be}`)
    await shareBes(
      context,
      bes.map(be => request(be)),
    )
    await unshareBes(context, bes)
    assert.equal(host.count('exportfs -u'), 10)
    assert.deepEqual([lines(), nfs.exports.size], [[], 0])
  })

  for (const path of [
    '/ROOT/two words',
    '/ROOT/with:colon',
    '/ROOT/#comment',
    '/ROOT/"quoted"',
    '/ROOT/back\\slash',
    '/ROOT/naïve-系统',
    `/ROOT/${'x'.repeat(114)}`,
  ]) {
    it(`exports ${JSON.stringify(path)}, escaped as exports(5) says`, async () => {
      host.directory(path)
      const [root] = (await shareBes(context, [request('odd', { path })]))!
      assert.equal(root!.path, path)
    })
  }

  it("quotes exportfs, and undoes all; a wrong line in the admin's own file is ignored", async () => {
    host.files.set('/etc/exports', '/srv 10.0.0.0/8(rw,frobnicate)\n')
    await shareBes(context, [request('a')])
    host.mount('tank/b', '/ROOT/b/usr')
    host.directories.delete('/ROOT/b/usr')
    const refused = shareBes(context, [request('b', { children: ['/ROOT/b/usr'] })])
    await assert.rejects(refused, beError('BE_MNT_ACCES', /Failed to stat \/ROOT\/b\/usr: No such file/))
    assert.deepEqual([lines().length, shared()], [1, ['a']])
    assert.ok(nfs.exports.has('/ROOT/a') && !nfs.exports.has('/ROOT/b'))
  })

  it('a mount point is exported only while it is mounted, never the file system below', async () => {
    host.mount('tank/a', '/ROOT/a')
    await shareBes(context, [request('a')])
    assert.match(lines()[0]!, /,mountpoint\)$/)
    host.umount('/ROOT/a')
    await shareBes(context, [request('b')])
    assert.doesNotMatch(lines()[1]!, /mountpoint/)
    assert.equal(nfs.exports.has('/ROOT/a'), false)
  })

  it('exports again what the kernel does not export any more', async () => {
    await shareBes(context, [request('a')])
    nfs.exports.clear()
    await shareBes(context, [request('a')])
    assert.ok(nfs.exports.has('/ROOT/a'))
  })

  it('a full disk: nothing is changed', async () => {
    await shareBes(context, [request('a')])
    host.full = true
    await assert.rejects(shareBes(context, [request('b')]), beError('BE_FILE_NO_SPACE'))
    assert.deepEqual([lines().length, shared()], [1, ['a']])
  })

  it('check() says what to do about nfsd that does not run, lacks version 3, or UDP', async () => {
    await context.driver.check()
    assert.deepEqual(warnings, [])
    host.files.set('/proc/fs/nfsd/portlist', 'tcp 2049\ntcp 2049\n')
    await context.driver.check()
    assert.match(warnings.join(), /UDP.*\/etc\/nfs\.conf.*\[nfsd\].*"udp=y" and "vers3=y"/)
    host.files.set('/proc/fs/nfsd/versions', '-2 -3 +4\n')
    await assert.rejects(context.driver.check(), beError('BE_NFSD_SETUP', /vers3=y/))
    host.files.set('/proc/fs/nfsd/threads', '0\n')
    await assert.rejects(context.driver.check(), beError('BE_NFSD_DOWN', /nfs-server/))
  })

  it('without NFS on TCP, which kernels mount by, nothing is shared', async () => {
    nfs.silent.add('100003/tcp')
    await assert.rejects(shareBes(context, [request('a')]), beError('BE_NFS_NO_TCP', /2049/))
    assert.deepEqual([lines(), shared()], [[], []])
  })

  it('waits for machines between loader and kernel, unless nothing is reloaded', async () => {
    let waited = 0
    const untilQuiet = async () => void waited++
    await shareBes({ ...context, untilQuiet }, [request('a')])
    await shareBes({ ...context, untilQuiet }, [request('a')])
    assert.equal(waited, 1)
    await unshareBes({ ...context, untilQuiet }, ['a'])
    assert.equal(waited, 2)
  })
})
