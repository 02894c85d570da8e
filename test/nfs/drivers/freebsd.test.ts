import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { nodeClock } from '../../../src/net/node.ts'
import { FREEBSD_EXPORTS, freebsdDriver } from '../../../src/nfs/drivers/freebsd.ts'
import { type ShareContext, shareBes, unshareBes } from '../../../src/nfs/share.ts'
import type { ShareRequest } from '../../../src/nfs/share-list.ts'
import { beError } from '../../support/errors.ts'
import { FakeFreebsd } from '../../support/fake-freebsd.ts'
import { memoryStore } from '../memory-store.ts'
import { NfsHost } from '../nfs-host.ts'

describe('nfs/drivers/freebsd', () => {
  let nfs: NfsHost
  let host: FakeFreebsd
  let context: ShareContext
  let warnings: string[]
  beforeEach(async () => {
    nfs = await NfsHost.start()
    host = new FakeFreebsd(nfs)
    warnings = []
    const warn = (line: string) => warnings.push(line)
    const driver = { ...freebsdDriver({ host, warn }), settleMs: 0 }
    const { network } = nfs
    const store = memoryStore()
    context = { driver, store, network, clock: nodeClock, host, server: '127.0.0.1', warn }
    for (const be of ['a', 'b']) host.mount(`zroot/ROOT/${be}`, `/ROOT/${be}`)
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
  const share = (...bes: string[]) =>
    shareBes(
      context,
      bes.map(be => request(be)),
    )
  const lines = (): string[] =>
    (host.files.get(FREEBSD_EXPORTS) ?? '').split('\n').filter(line => line.startsWith('/'))
  const shared = (): string[] => context.store.all().map(({ be }) => be)

  it('adds its file to mountd_flags once, keeps what is there, and shows the steps with dryRun', async () => {
    const printed: string[] = []
    await shareBes(context, [request('a')], { dryRun: true, say: line => printed.push(line) })
    assert.ok(printed.includes(`sysrc mountd_flags="-r -S ${FREEBSD_EXPORTS}"`), printed.join('\n'))
    assert.ok(printed.includes('service mountd onerestart'))
    assert.equal(host.rc.get('mountd_flags'), '-r -S', '-n changes nothing')
    assert.equal(host.files.has(FREEBSD_EXPORTS), false)
    const [root] = (await share('a'))!
    assert.equal(root!.path, '/ROOT/a')
    assert.equal(host.rc.get('mountd_flags'), `-r -S ${FREEBSD_EXPORTS}`)
    assert.match(host.mountd!, /-r -S \/var\/run\/nbe\/exports \/etc\/exports \/etc\/zfs\/exports$/)
    assert.equal(host.files.get('/etc/exports'), '')
    await share('b')
    assert.equal(host.count('sysrc mountd_flags='), 1)
    assert.deepEqual(
      [host.count('service mountd onerestart'), host.count('service mountd onereload')],
      [1, 1],
    )
  })

  it('adds /etc/exports, and first, where rc.d does not once flags name a file', async () => {
    host.rc.set('zfs_enable', 'NO')
    host.files.set('/etc/exports', '/usr -network 10.0.0.0 -mask 255.0.0.0\n')
    host.mount('zroot/usr', '/usr')
    await share('a')
    assert.match(host.mountd!, /-r -S \/etc\/exports \/var\/run\/nbe\/exports$/)
    assert.ok(host.exported.granted.has('/usr'), "the admin's own export is still there")
  })

  it('unshares the last BE while mountd does not run: the next one does not export it', async () => {
    await share('a')
    await host.run(['service', 'mountd', 'onestop'], {})
    await unshareBes(context, ['a'])
    assert.deepEqual(lines(), [])
    assert.equal(host.mountd, undefined, 'nothing to serve: no reason to start it')
    await host.run(['service', 'mountd', 'onestart'], {})
    assert.deepEqual([...host.exported.granted], [])
  })

  it('unshares the last BE although mountd_flags do not name our file any more', async () => {
    await share('a')
    host.rc.set('mountd_flags', '-r')
    await unshareBes(context, ['a'])
    assert.equal(nfs.exports.has('/ROOT/a'), false)
    assert.equal(host.rc.get('mountd_flags'), '-r')
  })

  it("reports MNT's status alone where mountd's messages cannot be read: syslog writes elsewhere", async () => {
    host.programs.set('wc', async () => ({ status: 1, stderr: 'wc: /var/log/messages: open: No such file' }))
    host.programs.set('tail', async () => ({ status: 1, stderr: 'tail: /var/log/messages: No such file' }))
    host.directory('/ROOT/b/usr')
    host.files.set('/etc/exports', '/ROOT/b/usr -ro -network 127.0.0.0 -mask 255.0.0.0\n')
    host.rc.set('zfs_enable', 'NO')
    await assert.rejects(share('b'), beError('BE_MNT_ACCES', /does not export \/ROOT\/b/))
  })

  it('shares a BE with a long name', async () => {
    const path = '/ROOT/11.1-release-amd64-lab'
    host.mount('zroot/ROOT/11.1-release-amd64-lab', path)
    const [root] = (await shareBes(context, [request('long', { path })]))!
    assert.equal(root!.path, path)
  })

  it('starts a mountd that does not run', async () => {
    host.processes = host.processes.filter(line => !line.includes('mountd'))
    await share('a')
    assert.equal(host.count('service mountd onestart'), 1)
    assert.ok(nfs.exports.has('/ROOT/a'))
  })

  it('shares a thousand with one reload', async () => {
    const bes = Array.from({ length: 1000 }, (_, i) => `be${i}`)
    await share('a')
    for (const be of bes) host.mount(`zroot/ROOT/${be}`, `/ROOT/${be}`)
    const before = host.count('service')
    const roots = await share(...bes)
    assert.equal(roots!.length, 1000)
    assert.deepEqual(roots![999]!.path, '/ROOT/be999')
    assert.equal(host.count('service') - before, 1)
    await unshareBes(context, bes)
    assert.equal(host.count('service') - before, 2)
    assert.deepEqual(lines().length, 1)
  })

  it('exports each file system below a root on a line of its own, and verifies it', async () => {
    host.mount('zroot/ROOT/a/usr', '/ROOT/a/usr')
    host.mount('devfs', '/ROOT/a/dev', 'devfs')
    await shareBes(context, [request('a', { children: ['/ROOT/a/dev', '/ROOT/a/usr'] })])
    const tail = '-maproot=root -network 127.0.0.0 -mask 255.0.0.0'
    assert.deepEqual(lines(), [`/ROOT/a ${tail}`, `/ROOT/a/usr ${tail}`])
    host.links.set('/ROOT/b/usr', '/elsewhere')
    host.mount('zroot/ROOT/b/usr', '/ROOT/b/usr')
    const refused = shareBes(context, [request('b', { children: ['/ROOT/b/usr'] })])
    await assert.rejects(refused, beError('BE_MNT_ACCES', /\/ROOT\/b\/usr/))
    assert.equal(lines().length, 2, 'the root alone would boot into an empty /usr')
    assert.deepEqual(shared(), ['a'])
  })

  it("quotes mountd's messages, and undoes all: flags, file, exports", async () => {
    host.directory('/ROOT/b/usr')
    host.files.set('/etc/exports', '/ROOT/b/usr -ro -network 127.0.0.0 -mask 255.0.0.0\n')
    host.rc.set('zfs_enable', 'NO')
    const words = /netcred already exists for given addr\/mask; bad exports list line '\/ROOT\/b/
    await assert.rejects(share('b'), beError('BE_MNT_ACCES', words))
    assert.equal(host.rc.get('mountd_flags'), '-r -S')
    assert.equal(host.files.has(FREEBSD_EXPORTS), false)
    assert.doesNotMatch(host.mountd!, /nbe/)
    assert.deepEqual(host.exported.listed, ['/ROOT/b/usr'])
  })

  it("quotes mountd on an admin's line that it drops because of ours", async () => {
    host.files.set('/etc/exports', '/ROOT/a -network 127.0.0.0 -mask 255.0.0.0\n')
    await share('b')
    assert.doesNotMatch(warnings.join(), /netcred/, 'nothing of ours is in its way')
    await share('a')
    const line =
      /^the NFS server dropped lines of other exports files: can't change attributes for \/ROOT\/a: netcred already exists.*; bad exports list line '\/ROOT\/a -network/m
    assert.match(warnings.join('\n'), line)
    assert.ok(nfs.exports.has('/ROOT/a'))
  })

  it('refuses a BE that is not mounted, as the file system below would be exported', async () => {
    host.umount('/ROOT/b')
    await assert.rejects(
      share('a', 'b'),
      beError('BE_EXPORT_NOT_MOUNTED', /zroot\/ROOT\/default.*be mount b/),
    )
    host.directory('/data/c')
    const plain = shareBes(context, [request('c', { path: '/data/c' })])
    await assert.rejects(plain, beError('BE_EXPORT_NOT_MOUNTED'))
    assert.equal(host.count('sysrc mountd_flags='), 0)
    assert.deepEqual(lines(), [])
  })

  it('leaves out BEs that were unmounted meanwhile, with a warning', async () => {
    await share('a', 'b')
    host.umount('/ROOT/a')
    host.mount('zroot/ROOT/c', '/ROOT/c')
    await share('c')
    assert.deepEqual(
      lines().map(line => line.split(' ')[0]),
      ['/ROOT/b', '/ROOT/c'],
    )
    assert.match(warnings.join('\n'), /a is shared, but nothing is mounted at \/ROOT\/a.*be mount a/)
    assert.deepEqual(shared(), ['a', 'b', 'c'])
  })

  it('exports again a BE that was mounted anew, which SIGHUP alone would not', async () => {
    await share('a')
    host.umount('/ROOT/a')
    host.mount('zroot/ROOT/a', '/ROOT/a')
    assert.equal(nfs.exports.has('/ROOT/a'), false)
    await share('a')
    assert.ok(nfs.exports.has('/ROOT/a'))
  })

  it('exports nothing after a boot, before data sets are mounted; start() exports them again', async () => {
    await share('a', 'b')
    // /var/run is emptied, mountd starts with the flags that name our file.
    host.files.delete(FREEBSD_EXPORTS)
    await host.run(['service', 'mountd', 'onerestart'], {})
    assert.match(host.exported.said.join(), /can't open \/var\/run\/nbe\/exports/)
    assert.deepEqual([...host.exported.granted], [])
    await context.driver.start!(context.store.all())
    assert.deepEqual([...host.exported.granted.keys()], ['/ROOT/a', '/ROOT/b'])
    const before = host.count('service')
    await context.driver.start!(context.store.all())
    assert.equal(host.count('service'), before, 'all is as it should be: nothing is reloaded')
  })

  it('has an empty file there when the host boots: mountd complains about one that is missing', async () => {
    await context.driver.prepareBoot!()
    assert.equal(host.files.has(FREEBSD_EXPORTS), false, 'mountd_flags do not name it')
    await share('a')
    host.files.delete(FREEBSD_EXPORTS)
    host.files.set('/etc/zfs/exports', '')
    await context.driver.prepareBoot!()
    await host.run(['service', 'mountd', 'onerestart'], {})
    assert.deepEqual(host.exported.said, [])
    assert.deepEqual([...host.exported.granted], [])
    await context.driver.start!(context.store.all())
    const text = host.files.get(FREEBSD_EXPORTS)
    await context.driver.prepareBoot!()
    assert.equal(host.files.get(FREEBSD_EXPORTS), text, 'one that is there stays as it is')
  })

  for (const path of ['/ROOT/with:colon', '/ROOT/naïve-系统', `/ROOT/${'x'.repeat(114)}`]) {
    it(`exports ${path}`, async () => {
      host.mount('zroot/odd', path)
      const [root] = (await shareBes(context, [request('odd', { path })]))!
      assert.equal(root!.path, path)
    })
  }

  for (const path of ['/ROOT/two words', '/ROOT/"quoted"', '/ROOT/back\\slash', '/ROOT/#1']) {
    it(`refuses ${path}, which mountd would skip without a message`, async () => {
      host.mount('zroot/odd', path)
      await assert.rejects(shareBes(context, [request('odd', { path })]), beError('BE_EXPORT_PATH'))
      assert.equal(host.count('service'), 0)
    })
  }

  it('a mountd that exits at the reload: the error says so, the file is restored', async () => {
    await share('a')
    const before = host.files.get(FREEBSD_EXPORTS)
    host.dies = true
    await assert.rejects(share('b'), beError('BE_MOUNTD_NOT_REGISTERED', /could not be undone.*not running/))
    assert.equal(host.files.get(FREEBSD_EXPORTS), before)
    assert.deepEqual(shared(), ['a'])
  })

  it('a full disk: nothing is reloaded, nothing stored', async () => {
    await share('a')
    host.full = true
    const before = host.count('service')
    await assert.rejects(share('b'), beError('BE_FILE_NO_SPACE', /could not be undone|no space left/))
    assert.ok(host.count('service') - before <= 1, 'at most the reload on the way back')
    assert.ok(nfs.exports.has('/ROOT/a'))
    assert.deepEqual(shared(), ['a'])
  })

  it('names the settings that keep the host from serving, with the commands to correct them', async () => {
    host.rc.set('nfs_server_flags', '-u').set('nfsv4_server_only', 'YES').delete('rpcbind_enable')
    host.processes = host.processes.filter(line => !line.includes('rpcbind'))
    const line =
      /rpcbind does not run.*sysrc rpcbind_enable=YES nfsv4_server_only=NO nfs_server_flags="-u -t" && service nfsd restart/
    await assert.rejects(context.driver.check(), beError('BE_NFSD_SETUP', line))
  })

  it('names what nfsv4_server_only has left behind after sysrc set it to NO, and the commands that help', async () => {
    host.minVersion = 4
    host.processes = host.processes.map(line =>
      line.includes('mountd') ? line.replace('-r', '-r -R') : line,
    )
    const both =
      /server_min_nfsvers is 4: NFSv3 is off, mountd runs with -R.*; sysctl vfs\.nfsd\.server_min_nfsvers=2 && service nfsd restart && service mountd restart/
    await assert.rejects(context.driver.check(), beError('BE_NFSD_SETUP', both))
    host.rc.set('nfsv4_server_only', 'YES')
    const all =
      /; sysrc nfsv4_server_only=NO && sysctl \S+=2 && service nfsd restart && service mountd restart/
    await assert.rejects(context.driver.check(), beError('BE_NFSD_SETUP', all))
  })

  it('only warns about UDP, which only loaders need, and about services that run without being enabled', async () => {
    host.rc.set('nfs_server_flags', '-t -n 8').set('mountd_enable', 'NO')
    await context.driver.check()
    assert.match(warnings.join('\n'), /sysrc mountd_enable=YES\n.*UDP.*-u -t/)
  })

  it('requires /etc/exports, without which mountd does not start', async () => {
    host.files.delete('/etc/exports')
    await assert.rejects(context.driver.check(), beError('BE_EXPORTS_MISSING', /touch \/etc\/exports/))
  })
})
