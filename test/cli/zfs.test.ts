import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'
import { poolInLab } from '../support/zfs.ts'

describe('be with be.store = "zfs"', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine
  let parent: string

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab, { NBE_BE_STORE: 'zfs', NBE_BE_PARENT: 'tank/ROOT' })
    parent = await poolInLab(lab, join(cli.dir, 'pool'))
    await cli.done('machine', 'add', 'm1', '02:00:00:00:00:01', '--host', 'node1')
  })
  after(async () => {
    await lab?.close()
    await cli?.close()
  })

  const zfs = async (...args: string[]) => (await lab.run(['zfs', ...args])).trim()
  const file = (path: string) => lab.run(['cat', path])
  const listed = async () =>
    JSON.parse(await cli.done('list', '--json')) as {
      name: string
      mounted?: false
      uses: string[]
      dataSet: { name: string; used: number; origin?: string }
    }[]

  it('needs a parent that exists', async () => {
    await cli.fails('BE_POOL_MISSING', 69, 'list', '--be-parent', 'dozer/ROOT')
    assert.match(await cli.fails('BE_STORE_PARENT', 78, 'list', '--be-parent', 'tank/be'), /zfs create -p/)
  })

  it('-n shows the commands and changes nothing', async () => {
    const { status, err } = await cli.be('create', '-n', '-l', 'freebsd', 'fb')
    assert.equal(status, 0)
    assert.match(err, /^be: would zfs create -o canmount=noauto -o mountpoint=/m)
    assert.match(err, /^be: would zfs rename .* tank\/ROOT\/fb$/m)
    assert.equal(await cli.done('list', '-H'), '')
  })

  it('creates one with nested data sets, mounted, and lists its file systems', async () => {
    assert.equal((await cli.be('create', '-l', 'freebsd', `${parent}/fb`)).err, 'be: created fb: /ROOT/fb\n')
    const [one] = await listed()
    assert.deepEqual([one!.name, one!.dataSet.name, one!.mounted], ['fb', 'tank/ROOT/fb', undefined])
    assert.ok(one!.dataSet.used > 0)
    const parts = await cli.done('list', '-a', '-H', 'fb')
    assert.match(parts, /^fb\t\/\ttank\/ROOT\/fb\t\/ROOT\/fb\n/)
    assert.match(parts, /^fb\t\/usr\/home\ttank\/ROOT\/fb\/usr\/home\t\/ROOT\/fb\/usr\/home\n/m)
    assert.equal(parts.trimEnd().split('\n').length, 10)
  })

  it('clones it for a machine: its own host id, its name, its own file systems in fstab', async () => {
    await cli.shell(`cd /ROOT/fb
      echo 'USERLAND_VERSION="14.1-RELEASE"' > bin/freebsd-version
      echo 11111111-2222-3333-4444-555555555555 > etc/hostid
      echo 'hostname="fb"' > etc/rc.conf
      echo '192.168.77.1:/ROOT/fb/usr/home /usr/home nfs rw 0 0' > etc/fstab
      touch usr/home/someone`)
    assert.match((await cli.be('clone', 'fb', '--for', 'm1')).err, /^be: cloned fb: \/ROOT\/fb-m1\n/)
    assert.equal(await file('/ROOT/fb-m1/etc/rc.conf'), 'hostname="node1"\n')
    assert.match(await file('/ROOT/fb-m1/etc/fstab'), /^192.168.77.1:\/ROOT\/fb-m1\/usr\/home /)
    assert.doesNotMatch(await file('/ROOT/fb-m1/etc/hostid'), /1111/)
    assert.match(await file('/ROOT/fb/etc/hostid'), /1111/)
    await lab.run(['test', '-e', '/ROOT/fb-m1/usr/home/someone'])
    assert.match((await listed())[1]!.dataSet.origin!, /^tank\/ROOT\/fb@nbe-/)
    await cli.fails('BE_HAS_CLONES', 1, 'destroy', 'fb')
    await cli.fails('BE_MACHINE_UNKNOWN', 65, 'clone', 'fb', '--for', 'm2')
    await cli.fails('BE_USAGE', 64, 'clone', 'fb')
    await cli.fails('BE_EXISTS', 1, 'clone', 'fb', 'fb-m1')
  })

  it('creates from a snapshot, with nested data sets by -r', async () => {
    assert.equal(await cli.done('snapshot', 'fb@good'), 'fb@good\n')
    assert.match(await cli.done('list', '-s', '-H', 'fb'), /^fb@good\t\d\S*\t\d{4}-\S+[+-]\d\d:\d\d$/m)
    await cli.shell('echo broken > /ROOT/fb/etc/fstab')
    await cli.done('create', '-e', 'fb@good', 'back')
    assert.match(await file('/ROOT/back/etc/fstab'), /\/ROOT\/back\/usr\/home/)
    assert.equal((await cli.done('list', '-a', '-H', 'back')).trimEnd().split('\n').length, 1)
    await cli.done('create', '-r', '-e', 'fb@good', 'deep')
    assert.equal((await cli.done('list', '-a', '-H', 'deep')).trimEnd().split('\n').length, 10)
    await cli.fails('BE_SNAPSHOT_UNKNOWN', 65, 'create', '-e', 'fb@bad', 'x')
    for (const args of [
      ['-r', 'x'],
      ['-l', 'flat', '-e', 'fb', 'x'],
    ]) {
      const { status, err } = await cli.be('create', ...args)
      assert.equal(status, 64)
      assert.match(err, /\[BE_USAGE\]/)
    }
    for (const be of ['back', 'deep', 'fb@good']) await cli.done('destroy', be)
    assert.doesNotMatch(await cli.done('list', '-s', '-H', 'fb'), /good/)
  })

  it('unmounts, mounts, renames', async () => {
    assert.equal((await cli.be('umount', 'fb-m1')).err, 'be: fb-m1 is unmounted\n')
    assert.match(await cli.done('list', '-H'), /^fb-m1\t-\t-\t-\t-\t-\t-\t-\t\d/m)
    assert.match(await cli.fails('BE_EXPORT_NOT_MOUNTED', 65, 'sharenfs', 'fb-m1'), /be mount fb-m1/)
    assert.equal(await cli.done('mount', 'fb-m1'), '/ROOT/fb-m1\n')
    assert.equal((await cli.be('rename', 'fb-m1', 'mine')).err, 'be: renamed fb-m1: /ROOT/mine\n')
    assert.match(await file('/ROOT/mine/etc/fstab'), /\/ROOT\/mine\/usr\/home/)
    assert.equal(await zfs('get', '-H', '-o', 'value', 'mounted', 'tank/ROOT/mine/usr/home'), 'yes')
    const { status, err } = await cli.be('mount')
    assert.deepEqual([status, /\[BE_USAGE\]/.test(err)], [64, true])
  })

  it('destroys, with the snapshot that was made for the clone', async () => {
    await cli.done('destroy', 'mine')
    assert.doesNotMatch(await zfs('list', '-H', '-t', 'snapshot', '-o', 'name'), /@nbe-/)
    await cli.done('destroy', 'fb')
    assert.equal(await zfs('list', '-H', '-r', '-t', 'all', '-o', 'name', parent), parent)
    assert.equal((await cli.run(['ls', '-A', '/ROOT'])).out, '')
  })
})
