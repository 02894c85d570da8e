import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'
import { ensurePackages } from '../support/packages.ts'
import { poolInLab } from '../support/zfs.ts'

describe('sharing a boot environment of several data sets, with nfs-ganesha', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    await ensurePackages(['nfs-ganesha', 'nfs-ganesha-vfs', 'rpcbind'])
    lab = await Lab.open()
    cli = new CommandLine(lab, {
      NBE_BE_STORE: 'zfs',
      NBE_BE_PARENT: 'tank/ROOT',
      NBE_NFS_DRIVER: 'ganesha',
    })
    await poolInLab(lab, join(cli.dir, 'pool'))
    await cli.done('create', 'a')
    await cli.run(['zfs', 'create', '-o', 'canmount=noauto', 'tank/ROOT/a/home'])
    await cli.done('mount', 'a')
    await cli.done('machine', 'add', 'm1', '02:00:00:00:00:01')
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  const noted = async (be: string) =>
    (await cli.run(['zfs', 'get', '-H', '-o', 'value', 'org.nbe:shared', `tank/ROOT/${be}`])).out.trim()
  /** As after a start of the host: the NFS server, which keeps it busy, has ended, and nothing is mounted. */
  const restart = async () => {
    const { status, err } = await cli.shell(`pid=${cli.state}/ganesha/ganesha.pid
      [ ! -e $pid ] || { kill $(cat $pid); rm $pid; }
      for _ in $(seq 100); do umount /ROOT/b/home && break; sleep 0.1; done 2>/dev/null; umount /ROOT/b`)
    assert.equal(status, 0, err)
  }
  const exported = () => [...cli.files()].filter(([path]) => path.includes('exports.d')).join('\n')

  it('one whose data set is not mounted is refused: its path would export the file system below', async () => {
    await cli.run(['umount', '/ROOT/a/home'])
    assert.match(await cli.fails('BE_EXPORT_NOT_MOUNTED', 65, 'sharenfs', 'a'), /\/ROOT\/a\/home.*be mount a/)
    assert.equal(await noted('a'), '-')
    await cli.done('mount', 'a')
  })

  it('exports each data set, and notes it on the first', async () => {
    await cli.done('sharepxe', '--ro', 'a', 'm1')
    assert.match(exported(), /Path = "\/ROOT\/a";/)
    assert.match(exported(), /Path = "\/ROOT\/a\/home";/)
    assert.equal(await noted('a'), 'ro 192.168.77.0/24')
    assert.equal(JSON.parse(await cli.done('list', '--json'))[0].shared, 'ro')
  })

  it('a rename keeps its exports, its note and its machine', async () => {
    assert.deepEqual(await cli.be('rename', 'a', 'b'), {
      status: 0,
      out: '',
      err: 'be: renamed a: /ROOT/b\n',
    })
    assert.match(exported(), /Path = "\/ROOT\/b\/home";/)
    assert.doesNotMatch(exported(), /\/ROOT\/a/)
    assert.equal(await noted('b'), 'ro 192.168.77.0/24')
    assert.match(await cli.done('machine', 'list', '-H'), /\tb\n$/)
  })

  it('a rename, umount or destroy that fails changes nothing: name, mount, exports', async () => {
    const user = lab.start(['sh', '-c', 'cd /ROOT/b && echo there && exec sleep 60'], { name: 'user' })
    await user.transcript.waitFor(/there/, 10_000)
    await cli.fails('BE_BUSY', 75, 'rename', 'b', 'c')
    await cli.fails('BE_BUSY', 75, 'umount', '-f', 'b')
    await cli.fails('BE_BUSY', 75, 'destroy', '-F', 'b')
    await user.stop(1000)
    assert.match(exported(), /Path = "\/ROOT\/b\/home";/)
    assert.equal(await noted('b'), 'ro 192.168.77.0/24')
    assert.match(await cli.done('emit', 'loader-env', 'b', '-m', 'm1'), /nfshandle="X[0-9a-f]+X"/)
  })

  it('mount -a mounts all shared ones after a start of the host', async () => {
    await restart()
    await cli.done('create', 'other')
    await cli.done('umount', 'other')
    await cli.done('mount', '-a')
    const text = await cli.done('list', '-a', '-H')
    assert.match(text, /^b\t\/home\ttank\/ROOT\/b\/home\t\/ROOT\/b\/home$/m)
    assert.match(text, /^other\t\/\ttank\/ROOT\/other\t-$/m, 'what is not shared stays as it is')
  })

  it('mount -a fails when one is missing, and leaves no directory to be exported for it', async () => {
    await restart()
    await cli.run(['zfs', 'set', 'mountpoint=/elsewhere', 'tank/ROOT/b'])
    await cli.shell('mkdir -p /ROOT/b')
    const { status, err } = await cli.be('mount', '-a')
    assert.match(err, /cannot mount b, which is shared: .*\nbe: shared, but not mounted: b;.*BE_NOT_MOUNTED/)
    assert.equal(status, 69)
    assert.equal((await cli.shell('test -e /ROOT/b || echo gone')).out, 'gone\n')
    await cli.run(['zfs', 'set', 'mountpoint=/ROOT/b', 'tank/ROOT/b'])
    await cli.done('mount', '-a')
  })

  it('is unmounted and destroyed only after its exports have been withdrawn', async () => {
    assert.match(await cli.fails('BE_IN_USE', 1, 'umount', 'b'), /be umount -f b/)
    await cli.done('umount', '-f', 'b')
    assert.equal(await noted('b'), '-')
    assert.doesNotMatch(exported(), /\/ROOT\/b/)
    await cli.done('mount', 'b')
    await cli.done('sharenfs', 'b')
    assert.match(await cli.fails('BE_IN_USE', 1, 'destroy', 'b'), /shared, assigned to m1/)
    await cli.done('destroy', '-F', 'b')
    assert.doesNotMatch(exported(), /\/ROOT\/b/)
    assert.equal(
      (await cli.run(['zfs', 'list', '-H', '-o', 'name', '-r', 'tank/ROOT'])).out,
      'tank/ROOT\ntank/ROOT/other\n',
    )
  })
})
