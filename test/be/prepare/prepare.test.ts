import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { GUEST_FILES, guestFile } from '../../../src/be/prepare/guest-files.ts'
import { type Preparation, prepare, unprepare } from '../../../src/be/prepare/prepare.ts'
import { parseFstab } from '../../../src/be/system/fstab.ts'
import { change } from '../../../src/host/change.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { DEBIAN, FREEBSD_10, FREEBSD_12, FREEBSD_14, type Planted, plantTree, treeAsText } from '../trees.ts'

describe('be prepare on trees as installers leave them', () => {
  const tmp = temporaryDirectory()
  const path = (name: string) => join(tmp.path, name)
  const read = (name: string) => readFileSync(path(name), 'utf8')
  const how = (more: Partial<Preparation> = {}): Preparation => ({
    root: tmp.path,
    kind: 'freebsd',
    server: '10.0.0.1',
    readOnly: true,
    nfsOptions: 'nolockd',
    fileSystems: [{ inside: '', path: '/ROOT/t', mounted: true }],
    ...more,
  })
  const apply = async (more: Partial<Preparation> = {}) => {
    const { steps, notes } = await prepare(how(more))
    await change(steps)
    return { steps, notes }
  }
  /** What sh(1), as rc(8) does, makes of rc.conf and rc.conf.local. */
  const rc = (name: string) => {
    const script = '. ./etc/rc.conf; [ ! -f etc/rc.conf.local ] || . ./etc/rc.conf.local; eval echo "\\$$1"'
    const argv = ['-c', script, 'sh', name]
    return execFileSync('sh', argv, { cwd: tmp.path, encoding: 'utf8', env: {} }).trim()
  }
  const mounts = () =>
    parseFstab(read('etc/fstab')).flatMap(({ entry }) => (entry ? `${entry.point} ${entry.source}` : []))

  it('an identity that all machines would share is taken away and given back: hostid, machine-id, host name', async () => {
    const own = {
      'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
      'etc/rc.conf.local': 'hostname=other\n',
    }
    plantTree(tmp.path, { ...FREEBSD_10, ...own })
    await apply({ readOnly: false, ofMany: false })
    assert.equal(rc('hostname'), 'other')
    await apply()
    assert.equal(rc('hostname'), '', "rc.d/hostname takes DHCP's")
    assert.deepEqual(
      ['etc/hostid', 'etc/machine-id'].map(name => existsSync(path(name))),
      [false, false],
    )
    await change(await unprepare(tmp.path, 'freebsd'))
    assert.equal(rc('hostname'), 'other')
    assert.equal(read('etc/hostid'), FREEBSD_10['etc/hostid'])
    assert.equal(read('etc/machine-id'), own['etc/machine-id'])
  })

  it('10.1 on UFS: root on NFS, no disk, no address of its own, no hostid', async () => {
    plantTree(tmp.path, FREEBSD_10)
    await apply()
    assert.deepEqual(mounts(), ['/ 10.0.0.1:/ROOT/t'])
    assert.equal(rc('ifconfig_em0'), '')
    assert.deepEqual(['hostname', 'sshd_enable', 'root_rw_mount', 'varmfs', 'tmpmfs', 'zfs_enable'].map(rc), [
      ...['', 'YES', 'NO', 'YES', 'YES', 'NO'],
    ])
    assert.ok(!existsSync(path('etc/hostid')))
  })

  it('12.1 on ZFS: the root is not in loader.conf any more; rc.conf.local overrides nothing', async () => {
    plantTree(tmp.path, FREEBSD_12)
    await apply()
    assert.equal(
      read('boot/loader.conf')
        .match(/^[^#].*$/gm)
        ?.join(' '),
      'zfs_load="YES" autoboot_delay="3"',
    )
    assert.deepEqual(['zfs_enable', 'varmfs', 'ifconfig_DEFAULT', 'ifconfig_igb0'].map(rc), [
      'NO',
      'YES',
      '',
      '',
    ])
    assert.deepEqual(['ifconfig_em0_ipv6', 'ifconfig_lo1'].map(rc), ['inet6 accept_rtadv', 'inet 127.0.0.2'])
    assert.deepEqual(mounts(), ['/dev/fd fdesc', '/ 10.0.0.1:/ROOT/t'])
  })

  it('14, writable: the root is mounted writable, and nothing is in memory', async () => {
    plantTree(tmp.path, FREEBSD_14)
    await apply({ readOnly: false, nfsOptions: 'soft' })
    assert.match(read('etc/fstab'), /^10\.0\.0\.1:\/ROOT\/t \/ nfs rw 0 0$/m)
    assert.deepEqual(['root_rw_mount', 'varmfs', 'zfs_enable'].map(rc), ['', '', 'NO'])
  })

  it('each child file system has a line of its own, by its real path; those in memory have none', async () => {
    plantTree(tmp.path, FREEBSD_14)
    const fileSystems = ['', 'usr/home', 'var/log', 'tmp'].map(inside => ({
      ...{ inside, path: join('/ROOT/t', inside), mounted: true },
    }))
    await apply({ fileSystems })
    assert.deepEqual(mounts(), ['/ 10.0.0.1:/ROOT/t', '/usr/home 10.0.0.1:/ROOT/t/usr/home'])
    await apply({ fileSystems, readOnly: false })
    assert.deepEqual(mounts().slice(2), ['/var/log 10.0.0.1:/ROOT/t/var/log', '/tmp 10.0.0.1:/ROOT/t/tmp'])
  })

  it('a Debian: disks, interfaces, machine-id; optional entries stay', async () => {
    plantTree(tmp.path, DEBIAN)
    await apply({ kind: 'linux' })
    assert.deepEqual(mounts(), [
      '/media/cdrom0 /dev/sr0',
      '/srv LABEL=data',
      '/ 10.0.0.1:/ROOT/t',
      '/tmp tmpfs',
      '/var/tmp tmpfs',
      '/var/log tmpfs',
    ])
    const interfaces = read('etc/network/interfaces').match(/^[^#\n].*$/gm)
    assert.deepEqual(interfaces, [
      ...['source /etc/network/interfaces.d/*', 'auto lo', 'iface lo inet loopback'],
    ])
    assert.equal(read('etc/network/interfaces.d/second').match(/^[^#\n].*$/gm), null)
    assert.equal(read('etc/machine-id'), '')
    assert.match(read('etc/systemd/network/00-nbe.network'), /KernelCommandLine=nbe\.be\n/)
    assert.match(read('etc/NetworkManager/conf.d/nbe.conf'), /managed=0/)
  })

  it('a writable one belongs to one machine: its hostid stays, or is restored', async () => {
    plantTree(tmp.path, FREEBSD_10)
    await apply({ readOnly: false })
    assert.equal(read('etc/hostid'), FREEBSD_10['etc/hostid'])
    await apply()
    await apply({ readOnly: false })
    assert.equal(read('etc/hostid'), FREEBSD_10['etc/hostid'])
    assert.ok(!existsSync(path('etc/hostid.nbe-saved')))
  })

  it('installs the call-back script and enables it', async () => {
    const there = GUEST_FILES.freebsd.filter(({ from }) => existsSync(guestFile(from)))
    plantTree(tmp.path, FREEBSD_14)
    await apply()
    for (const { from, to } of there) {
      assert.equal(read(to), readFileSync(guestFile(from), 'utf8'))
      assert.equal(statSync(path(to)).mode & 0o7777, 0o755)
    }
    assert.equal(rc('nbe_up_enable'), there.length > 0 ? 'YES' : '')
    rmSync(tmp.path, { recursive: true })
    plantTree(tmp.path, DEBIAN)
    await apply({ kind: 'linux' })
    const wanted = path('etc/systemd/system/multi-user.target.wants/nbe-up.service')
    if (there.length > 0) assert.ok(lstatSync(wanted).isSymbolicLink() && existsSync(wanted))
  })

  const TREES: [string, Planted, Preparation['kind']][] = [
    ['10.1', FREEBSD_10, 'freebsd'],
    ['12.1', FREEBSD_12, 'freebsd'],
    ['14', FREEBSD_14, 'freebsd'],
    ['Debian', DEBIAN, 'linux'],
    ['a tree without any configuration', { 'bin/sh': '' }, 'freebsd'],
    ['a Linux without any configuration', { 'bin/sh': '' }, 'linux'],
  ]
  for (const [name, files, kind] of TREES) {
    it(`${name}: a second prepare changes nothing; undone, every byte is as it was`, async () => {
      plantTree(tmp.path, files)
      const before = treeAsText(tmp.path).split('\n')
      await apply({ kind, memoryEtc: true })
      assert.deepEqual((await apply({ kind, memoryEtc: true })).steps, [])
      await apply({ kind, readOnly: false })
      await apply({ kind })
      await change(await unprepare(tmp.path, kind))
      const after = treeAsText(tmp.path).split('\n')
      // Directories that were made may stay, but for conf/: an empty template empties /etc.
      const added = after.filter(line => !before.includes(line) && !/^\.\S* d /.test(line))
      assert.deepEqual(added, [])
      assert.deepEqual(
        before.filter(line => !after.includes(line) && !/^\.\S* d /.test(line)),
        [],
      )
      assert.ok(!existsSync(path('conf')))
      assert.deepEqual(await unprepare(tmp.path, kind), [])
    })
  }

  it('-n: the steps show each change as a difference, and change nothing', async () => {
    plantTree(tmp.path, FREEBSD_10)
    const before = treeAsText(tmp.path)
    const { steps } = await prepare(how())
    const shown: string[] = []
    await change(steps, { dryRun: true, say: line => shown.push(line) })
    assert.ok(shown.join('\n').includes('\n-/dev/ada0p2\t/\tufs\trw\t1\t1\n'))
    assert.match(shown.join('\n'), /^write .*\/libexec\/nbe-up$/m)
    assert.doesNotMatch(shown.join('\n'), /#!\/bin\/sh/, 'two hundred lines that nobody has to read')
    assert.equal(treeAsText(tmp.path), before)
  })

  it('when a step fails those before it are undone', async () => {
    plantTree(tmp.path, FREEBSD_10)
    const before = treeAsText(tmp.path)
    const { steps } = await prepare(how({ memoryEtc: true }))
    const fail = { what: 'fail', apply: () => Promise.reject(new Error('full')) }
    await assert.rejects(change([...steps, fail]), /full/)
    assert.equal(treeAsText(tmp.path), before)
  })

  it('--memory-etc: a template that rc.initdiskless fills from the tree itself; an existing one stays', async () => {
    plantTree(tmp.path, FREEBSD_14)
    await apply({ memoryEtc: true })
    assert.equal(read('conf/base/etc/remount'), 'mount_nullfs /etc\n')
    await apply()
    assert.ok(!existsSync(path('conf')))
    plantTree(tmp.path, { 'conf/base/etc/remount': 'mount_nfs nas:/etc\n' })
    const { notes } = await apply({ memoryEtc: true })
    assert.deepEqual(notes, ["conf/base/etc/remount is somebody else's and stays as it is"])
    assert.equal(read('conf/base/etc/remount'), 'mount_nfs nas:/etc\n')
  })

  it('reports what has to be removed by hand', async () => {
    plantTree(tmp.path, { ...FREEBSD_14, 'etc/rc.conf': 'a=1; ifconfig_em0="DHCP"\n' })
    const { notes } = await apply()
    assert.match(notes.join(), /etc\/rc\.conf, line 1, .*by hand: a=1; ifconfig_em0="DHCP"/)
    assert.equal(rc('a'), '1')
  })

  it('nothing is written outside of the tree through a link', async () => {
    const outside = join(tmp.path, 'outside')
    const root = join(tmp.path, 'tree')
    plantTree(outside, { fstab: '/dev/ada0p2 / ufs rw 1 1\n', 'etc/rc.conf': 'zfs_enable="YES"\n' })
    mkdirSync(join(root, 'etc'), { recursive: true })
    mkdirSync(join(root, 'real'))
    const before = treeAsText(outside)
    symlinkSync(join(outside, 'fstab'), join(root, 'etc/fstab')) // dangles inside the tree
    symlinkSync('../../outside/etc/rc.conf', join(root, 'etc/rc.conf'))
    symlinkSync('/real', join(root, 'usr'))
    await change((await prepare(how({ root }))).steps)
    assert.equal(treeAsText(outside), before)
    assert.match(readFileSync(join(root, 'etc/fstab'), 'utf8'), /10\.0\.0\.1/)
  })

  it('temporary files of a killed be prepare are removed by the next one and by --undo', async () => {
    plantTree(tmp.path, FREEBSD_14)
    const half = [
      'etc/.fstab.0123456789ab',
      'boot/.loader.conf.444daf62a299',
      'usr/local/libexec/.nbe-up.0123456789ab',
    ]
    const other = 'etc/.fstab.swp'
    const plant = () => plantTree(tmp.path, Object.fromEntries([...half, other].map(name => [name, 'half'])))
    plant()
    await apply()
    assert.deepEqual(
      half.filter(name => existsSync(path(name))),
      [],
    )
    plant()
    assert.equal((await prepare(how())).steps.length, half.length, 'a second time nothing else changes')
    await change(await unprepare(tmp.path, 'freebsd'))
    assert.deepEqual(
      half.filter(name => existsSync(path(name))),
      [],
    )
    assert.ok(existsSync(path(other)))
  })

  it('whatever the umask, new files and directories are readable for daemons', async () => {
    plantTree(tmp.path, DEBIAN)
    rmSync(path('etc/systemd/system'), { recursive: true })
    const umask = process.umask(0o077)
    try {
      await apply({ kind: 'linux' })
    } finally {
      process.umask(umask)
    }
    const mode = (name: string) => statSync(path(name)).mode & 0o7777
    assert.deepEqual(
      ['etc/systemd/network', 'etc/systemd/network/00-nbe.network', 'usr/local/libexec'].map(mode),
      [0o755, 0o644, 0o755],
    )
  })

  it('a link to a file of the host is replaced unread: its text appears neither in the differences nor in the tree', async () => {
    const host = join(tmp.path, 'secret')
    const root = join(tmp.path, 'tree')
    writeFileSync(host, 'zfs_enable="secret"\n')
    plantTree(root, { ...FREEBSD_14, 'etc/fstab': '' })
    rmSync(join(root, 'etc/rc.conf'))
    symlinkSync(host, join(root, 'etc/rc.conf'))
    const { steps } = await prepare(how({ root }))
    assert.doesNotMatch(JSON.stringify(steps), /secret\\/)
    const fail = { what: 'fail', apply: () => Promise.reject(new Error('full')) }
    await assert.rejects(change([...steps, fail]), /full/)
    assert.equal(readlinkSync(join(root, 'etc/rc.conf')), host)
    await change(steps)
    assert.ok(!lstatSync(join(root, 'etc/rc.conf')).isSymbolicLink())
  })

  it('a file that is not text is refused; modes are kept', async () => {
    plantTree(tmp.path, { ...FREEBSD_14, 'etc/rc.conf': Buffer.from([0x61, 0x3d, 0xff, 0x0a]) })
    await assert.rejects(prepare(how()), beError('BE_TREE_TEXT', /etc\/rc\.conf cannot be edited.*UTF-8/))
    writeFileSync(path('etc/rc.conf'), 'a=1\n', { mode: 0o600 })
    execFileSync('chmod', ['640', path('etc/rc.conf')])
    await apply()
    assert.equal(statSync(path('etc/rc.conf')).mode & 0o7777, 0o640)
  })
})
