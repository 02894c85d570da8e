import assert from 'node:assert/strict'
import { Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'
import { ensurePackages } from '../support/packages.ts'

const MAC = '02:00:00:00:00:01'

describe('be sharenfs, unshare, sharepxe, bootpxe, emit, with nfs-ganesha', function () {
  this.timeout(60_000)
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    await ensurePackages(['nfs-ganesha', 'nfs-ganesha-vfs', 'rpcbind'])
    lab = await Lab.open()
    cli = new CommandLine(lab, { NBE_NFS_DRIVER: 'ganesha' })
    for (const be of ['b1', 'b2']) {
      await cli.done('create', '-l', 'freebsd', be)
      const files = ['boot/loader.efi', 'boot/kernel/kernel', 'bin/freebsd-version']
      await cli.shell(
        `cd /ROOT/${be}; for f in ${files.join(' ')}; do mkdir -p $(dirname $f); echo x > $f; done`,
      )
    }
    await cli.done('machine', 'add', 'm1', MAC, '--ip', '192.168.77.50')
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  const shared = async (be: string): Promise<string | undefined> =>
    JSON.parse(await cli.done('list', '--json')).find(({ name }: { name: string }) => name === be).shared

  it('-n shows every step and takes none', async () => {
    const before = cli.files()
    const { status, out, err } = await cli.be('sharenfs', '-n', 'b1')
    assert.deepEqual([status, out], [0, ''])
    for (const step of [
      'write .*b1.*conf',
      'start ganesha.nfsd',
      'mount 192.168.77.1:/ROOT/b1',
      'remember',
    ]) {
      assert.match(err, new RegExp(`^be: would ${step}`, 'm'))
    }
    assert.match(err, /^\+ +Path = "\/ROOT\/b1";$/m, 'the difference of the file')
    await cli.done('sharepxe', '-n', 'b1', 'm1')
    assert.deepEqual(cli.files(), before)
    assert.equal((await cli.run(['pgrep', '-x', 'ganesha.nfsd'])).out, '')
  })

  it('one that is not shared is neither assigned nor emitted', async () => {
    assert.match(await cli.fails('BE_NOT_SHARED', 65, 'bootpxe', 'b1', 'm1'), /be sharepxe b1 m1/)
    await cli.fails('BE_NOT_SHARED', 65, 'emit', 'loader-env', 'b1')
    await cli.fails('BE_EMIT_KIND', 64, 'emit', 'floppy', 'b1')
    assert.match(await cli.done('emit', 'exports', 'b1'), /Path = "\/ROOT\/b1";/)
    assert.equal((await cli.done('machine', 'list', '-H')).split('\t').at(-1), '-\n')
  })

  it('sharenfs ends when there is a handle, which emit prints', async () => {
    const { server, path, handle, udp, tcp } = JSON.parse(await cli.done('sharenfs', '--json', '--ro', 'b1'))
    assert.deepEqual([server, path, udp, tcp], ['192.168.77.1', '/ROOT/b1', true, true])
    assert.match(handle, /^([0-9a-f]{2}){1,64}$/)
    const text = await cli.done('emit', 'loader-env', 'b1', '-m', 'm1')
    assert.match(text, new RegExp(`^boot\\.nfsroot\\.nfshandle="X${handle}X"$`, 'm'))
    assert.match(text, /^boot\.netif\.ip="192\.168\.77\.50"$/m)
    assert.equal(await shared('b1'), 'ro')
    assert.match(
      (await cli.be('sharenfs', '--rw', 'b1')).err,
      /^be: shared 192\.168\.77\.1:\/ROOT\/b1, handle of \d+ bytes\n$/,
    )
    assert.equal(await shared('b1'), 'rw')
  })

  it('two at the same time: both are shared', async () => {
    await cli.done('unshare', 'b1')
    await Promise.all([cli.done('sharenfs', 'b1'), cli.done('sharenfs', 'b2')])
    assert.deepEqual([await shared('b1'), await shared('b2')], ['rw', 'rw'])
    assert.equal(
      (await cli.be('unshare', '--all')).err,
      'be: b1 is no longer shared\nbe: b2 is no longer shared\n',
    )
    assert.equal((await cli.be('unshare', '--all')).err, '')
    await cli.fails('BE_USAGE', 64, 'unshare')
    await cli.fails('BE_USAGE', 64, 'unshare', '--all', 'b1')
    const both = JSON.parse(await cli.done('sharenfs', '--json', 'b1', 'b2'))
    assert.deepEqual(
      both.map(({ path }: { path: string }) => path),
      ['/ROOT/b1', '/ROOT/b2'],
    )
    await cli.done('unshare', 'b2')
  })

  it('sharepxe makes it the default, or one machine’s', async () => {
    assert.equal((await cli.be('sharepxe', 'b1')).err, 'be: all machines that have no other will boot b1\n')
    assert.match(await cli.done('machine', 'list', '-H'), /\tb1 \(default\)\n$/)
    assert.equal((await cli.be('sharepxe', 'b2', 'm1')).err, 'be: m1 will boot b2\n')
    assert.match(await cli.done('machine', 'list', '-H'), /\tb2\n$/)
    const told = JSON.parse(await cli.done('sharepxe', '--json', 'b2', 'm1'))
    assert.deepEqual(told, { be: 'b2', machines: ['m1'] })
    await cli.fails('BE_MACHINE_UNKNOWN', 65, 'sharepxe', 'b1', 'm7')
    assert.match(await cli.done('explain', 'm1'), /file {4}be\/b2\/boot\/loader\.efi/)
  })

  it('bootpxe assigns another one to a machine and wakes it', async () => {
    const { err } = await cli.be('bootpxe', 'b1', 'm1')
    assert.match(err, /^be: m1 will boot b1\nbe: magic packet for 02:00:00:00:00:01 sent /)
    assert.match(await cli.done('explain', MAC), /file {4}be\/b1\/boot\/loader\.efi/)
    const { be, machines, woken } = JSON.parse(await cli.done('bootpxe', '--json', 'b1', 'm1'))
    assert.deepEqual([be, machines, woken[0].mac], ['b1', ['m1'], '02:00:00:00:00:01'])
    await cli.fails('BE_MACHINE_UNKNOWN', 65, 'bootpxe', 'b1', 'm1', 'm7')
    await cli.fails('BE_UNKNOWN', 65, 'bootpxe', 'b7', 'm1')
  })

  it('warns when it has nothing to boot: otherwise that shows only when a machine boots', async () => {
    await cli.done('create', 'empty')
    const { status, err } = await cli.be('sharepxe', 'empty', 'm1')
    assert.equal(status, 0)
    assert.match(
      err,
      /^be: m1 will boot empty\nbe: warning: empty holds no operating system: .*\[BE_NOT_BOOTABLE\]\n$/,
    )
    await cli.done('destroy', '-F', 'empty')
    await cli.done('sharepxe', 'b1', 'm1')
  })

  it('the assignment is reported although the machine cannot be woken', async () => {
    const away = ['--lab-address', '10.77.0.1/24', '--lab-pool', '10.77.0.9-10.77.0.9']
    const { status, err } = await cli.be('bootpxe', 'b1', 'm1', ...away)
    assert.match(err, /^be: m1 will boot b1\nbe: [^\n]*\[BE_ADDRESS_NOT_LOCAL\]\n$/)
    assert.equal(status, 78)
  })

  it('a shared one is not unmounted: its path would export the file system below', async () => {
    await cli.fails('BE_IN_USE', 1, 'umount', 'b1')
    const { err } = await cli.be('umount', '-n', '-f', 'b1')
    assert.match(err, /^be: would unshare b1\n/)
    assert.ok(await shared('b1'))
  })

  it('a renamed one is shared and booted under its new name; one that cannot be renamed is unchanged', async () => {
    await cli.fails('BE_EXISTS', 1, 'rename', 'b1', 'b2')
    assert.match((await cli.be('rename', '-n', 'b1', 'c1')).err, /^be: would rename b1 to c1, shared again/)
    const before = await shared('b1')
    assert.ok(before)
    const { status, err } = await cli.be('rename', 'b1', 'c1')
    assert.deepEqual([status, err], [0, 'be: renamed b1: /ROOT/c1\n'])
    assert.equal(await shared('c1'), before)
    assert.match(await cli.done('machine', 'list', '-H'), /\tc1\n$/)
    assert.match(await cli.done('emit', 'loader-env', 'c1', '-m', 'm1'), /nfshandle="X[0-9a-f]+X"/)
    await cli.done('rename', 'c1', 'b1')
    assert.equal(await shared('b1'), before)
  })

  it('unshare reports which machines cannot boot now; explain shows why', async () => {
    const { err } = await cli.be('unshare', 'b1')
    assert.match(
      err,
      /^be: warning: b1 is still the default, assigned to m1: .*\nbe: b1 is no longer shared\n$/,
    )
    assert.equal(await shared('b1'), undefined)
    assert.match(
      await cli.done('explain', 'm1'),
      /refused: b1 is not shared; be sharenfs b1 \[BE_NOT_SHARED\]/,
    )
    await cli.fails('BE_NOT_SHARED', 65, 'unshare', 'b1')
  })

  it('a BE that is in use is destroyed only when forced, with its share and assignments', async () => {
    await cli.done('sharenfs', 'b1')
    for (const dry of [[], ['-n']]) {
      const line = await cli.fails('BE_IN_USE', 1, 'destroy', 'b1', ...dry)
      assert.match(line, /shared, the default, assigned to m1/)
    }
    assert.match((await cli.be('destroy', '-n', '-F', 'b1')).err, /^be: would destroy b1, which is shared, /)
    assert.equal((await cli.be('destroy', '-F', 'b1')).err, 'be: destroyed b1\n')
    assert.equal((await cli.done('machine', 'list', '-H')).split('\t').at(-1), '-\n')
    assert.ok(![...cli.files().keys()].some(path => path.includes('exports.d/b1')), 'its fragment is gone')
  })

  it('umount -f unshares first; mount -a reports which shared ones cannot be mounted', async () => {
    await cli.done('create', 'u1')
    await cli.done('sharenfs', 'u1')
    assert.deepEqual(await cli.be('mount', '-a'), { status: 0, out: '', err: '' })
    assert.match((await cli.be('umount', '-f', 'u1')).err, /^be: u1 is a directory and stays there/)
    assert.equal(await shared('u1'), undefined)
    await cli.done('sharenfs', 'u1')
    await cli.run(['rm', '-r', '/ROOT/u1'])
    assert.match(
      (await cli.be('mount', '-a')).err,
      /^be: warning: cannot mount u1, which is shared: no boot environment/,
    )
    await cli.done('unshare', 'u1')
  })

  it('a tree that was deleted is reported as missing, and can be unshared', async () => {
    await cli.done('sharepxe', 'b2', 'm1')
    await cli.run(['rm', '-r', '/ROOT/b2'])
    assert.match(await cli.done('explain', 'm1'), /no boot environment b2 .*\[BE_UNKNOWN\]/)
    await cli.fails('BE_UNKNOWN', 65, 'sharepxe', 'b2', 'm1')
    await cli.done('unshare', 'b2')
  })

  it('on a host that exports nothing: reports which part is missing, and how to start it', async () => {
    await cli.done('create', 'b3')
    const line = await cli.fails(
      'BE_PORTMAP_DOWN',
      69,
      'sharenfs',
      'b3',
      '--nfs-driver',
      'none',
      '--nfs-server',
      '127.0.0.2',
      '--lab-address',
      '127.0.0.1/8',
      '--lab-pool',
      '127.0.0.9-127.0.0.9',
    )
    assert.match(line, /rpcbind/)
    assert.equal(await shared('b3'), undefined)
  })

  it('reports a missing /etc/mtab, as in minimal containers: the error of ganesha is misleading', async () => {
    await cli.done('create', 'b9')
    const bare = 'mount -t tmpfs tmpfs /etc; be sharenfs b9; status=$?; umount /etc; exit $status'
    const { status, err } = await cli.shell(bare)
    assert.equal(status, 69)
    assert.match(err, /^be: .*\/etc\/mtab.*; ln -s \S+ \/etc\/mtab \[BE_GANESHA_MTAB\]$/m)
  })

  it('as user nobody: ganesha needs root, and nothing is left behind', async () => {
    const { status, err } = await cli.asNobody('sharenfs', 'b3', '--state-dir', '/run/nbe-nobody')
    assert.equal(status, 77)
    assert.match(err, /^be: [^\n]*\[BE_(STATE|GANESHA)_PERMISSION\]\n$/)
  })
})
