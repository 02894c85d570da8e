import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeRelease, pack } from '../be/install/mirror.ts'
import { Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'
import { ensurePackages } from '../support/packages.ts'

describe('be install, prepare, check: from nothing to a boot environment that can boot', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine
  let pub: string

  before(async () => {
    await ensurePackages(['nfs-ganesha', 'nfs-ganesha-vfs', 'rpcbind', 'xz-utils'])
    lab = await Lab.open()
    cli = new CommandLine(lab, { NBE_NFS_DRIVER: 'ganesha', NBE_NFS_READONLY: 'true' })
    pub = join(cli.dir, 'pub')
    makeRelease(join(pub, 'FreeBSD/releases/amd64/11.1-RELEASE'))
    await cli.done('machine', 'add', 'm1', '02:00:00:00:00:01', '--ip', '192.168.77.50')
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  it("installs by the command line of the talk's slide; draws no progress without a terminal", async () => {
    const line = `install -p ${pub} -o FreeBSD -a amd64 -b release -r 11.1 bd/be/test`
    const { status, out, err } = await cli.be(...line.split(' '))
    assert.deepEqual([status, out], [0, ''])
    assert.match(err, /^(be: unpack .*\n){2}be: installed test: \/ROOT\/test; be prepare test .*\n$/)
    assert.match(await cli.done('list', '-H'), /^test\tfreebsd\tamd64\t11\.1-RELEASE\t/)
  })

  it('check: lists what stops it, exit 1; after prepare and share, exit 0', async () => {
    const { status, out, err } = await cli.be('check', 'test')
    assert.deepEqual([status, err], [1, 'be: test cannot boot by uefi, bios\n'])
    assert.match(out, /^stops uefi, bios: test is not shared; be sharenfs test \[BE_NOT_SHARED\]$/m)
    const shown = await cli.done('prepare', '-n', 'test')
    assert.match(shown, /^\+192\.168\.77\.1:\/ROOT\/test \/ nfs ro,nolockd 0 0$/m)
    assert.equal(
      (await cli.be('prepare', 'test')).err.split('\n').at(-2)?.replace(/\d+/, 'N'),
      'be: prepared test: N changes',
    )
    assert.equal((await cli.be('prepare', 'test')).err, 'be: test is prepared already\n')
    await cli.done('sharenfs', 'test')
    assert.equal((await cli.be('check', 'test')).err, 'be: test can boot by uefi, bios\n')
    const jail = await cli.be('check', '-H', 'test', '--as', 'uefi,jail')
    assert.deepEqual(
      [jail.status, /^BE_OS_MISMATCH\tjail\t/m.test(jail.out)],
      [1, true],
      'no kernel of Linux runs it',
    )
  })

  it('check uses the same boot plan as a machine', async () => {
    const proxy = await cli.be('check', 'test', '--dhcp-mode', 'proxy', '-H')
    assert.equal(proxy.status, 1)
    assert.match(
      proxy.out,
      /^BE_HANDOFF\tuefi,bios\thandoff arguments cannot work here: .*takes no network arguments\t/m,
    )
    const http = await cli.be('check', 'test', '--as', 'http', '-H')
    assert.match(http.out, /^BE_HANDOFF\thttp\t.*the loader of 11\.1-RELEASE has no HTTP/m)
    assert.equal(http.err, '')
  })

  it('a full disk: one line; with free space the same command succeeds', async () => {
    const small = 'mkdir -p /ROOT/small && mount -t tmpfs -o size=2m,mode=755 small /ROOT/small'
    await lab.run(['sh', '-c', small])
    const line = ['install', '-p', pub, '-r', '11.1', '-a', 'amd64', 'small']
    const { status, err } = await cli.be(...line)
    assert.equal(status, 69)
    assert.match(
      err.split('\n').at(-2)!,
      /^be: no space left in \/ROOT\/small while base\.txz .*\[BE_FILE_NO_SPACE\]$/,
    )
    assert.match(await cli.done('list'), /^small +installing /m)
    await lab.run(['mount', '-o', 'remount,size=20m', '/ROOT/small'])
    await cli.done(...line)
    assert.match(await cli.done('list'), /^small +freebsd +amd64 +11\.1-RELEASE +pxeboot,kernel,loaderEfi/m)
    await lab.run(['umount', '/ROOT/small'])
  })

  it('a partly installed one is not shared, assigned, woken, emitted or prepared', async () => {
    const broken = join(cli.dir, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'tree.tar'), 'no archive')
    const { status, err } = await cli.be('install', '--from', join(broken, 'tree.tar'), 'half')
    assert.equal(status, 65)
    assert.match(err, /be: .*tree\.tar cannot be unpacked into \/ROOT\/half: .*\[BE_INSTALL_UNPACK\]\n$/)
    for (const verb of [['sharenfs'], ['prepare'], ['sharepxe', 'm1'], ['bootpxe', 'm1'], ['emit', 'ipxe']]) {
      const [name, machine] = verb as [string, string?]
      const args = name === 'emit' ? [name, machine!, 'half'] : [name, 'half', ...(machine ? [machine] : [])]
      await cli.fails('BE_INSTALLING', 69, ...args)
    }
    const { out } = await cli.be('check', 'half', '--as', 'jail', '--json')
    assert.deepEqual(
      JSON.parse(out).findings.map(({ code }: { code: string }) => code),
      ['BE_INSTALLING'],
    )
    await cli.done('destroy', 'half')
  })

  it('prepare --undo', async () => {
    assert.match(
      (await cli.be('prepare', '--undo', 'test')).err,
      /be: took back what prepared test: \d+ changes\n/,
    )
    await cli.fails('BE_USAGE', 64, 'prepare', '--undo', '--ro', 'test')
    assert.equal((await cli.be('prepare', '--undo', 'test')).err, 'be: test was not prepared\n')
  })

  it('each mistake has its error', async () => {
    await cli.fails('BE_INSTALL_NO_RELEASE', 65, 'install', '-p', pub, '-r', '11.2', '-a', 'amd64', 'x')
    await cli.fails('BE_INSTALL_MIRROR', 65, 'install', '-p', '/none', '-r', '11.2', 'x')
    await cli.fails('BE_INSTALL_NOT_EMPTY', 1, 'install', '-p', pub, '-r', '11.1', '-a', 'amd64', 'test')
    await cli.fails('BE_INSTALL_RELEASE', 64, 'install', '-o', 'Debian', 'x')
    await cli.fails('BE_UNKNOWN', 65, 'check', 'tset')
    await cli.fails('BE_UNKNOWN', 65, 'prepare', 'tset')
    await cli.done('create', 'flat')
    await cli.fails('BE_NOT_BOOTABLE', 69, 'prepare', 'flat')
    for (const wrong of [
      ['-o', 'Windows'],
      ['-b', 'head'],
      ['-p', 'pub'],
      ['--from', '/x', '-r', '1'],
    ]) {
      const { status, err } = await cli.be('install', 'x', ...wrong)
      assert.deepEqual([status, /^be: [^\n]*\[BE_USAGE\]\n$/.test(err)], [64, true], err)
    }
    const nobody = await cli.asNobody('install', '-p', pub, '-r', '11.1', 'x')
    assert.deepEqual([nobody.status, /\[BE_INSTALL_PERMISSION\]\n$/.test(nobody.err)], [77, true], nobody.err)
    assert.equal((await cli.be('check', 'test', '--as', 'toaster')).status, 64)
  })

  it('--from a directory and an archive', async () => {
    const file = pack(join(cli.dir, 'tree.tgz'), { 'etc/os-release': 'ID=arch\n', 'bin/sh': 'sh' }, '--gzip')
    await cli.done('install', '--from', file, 'a')
    await cli.done('install', '--from', '/ROOT/a', 'b')
    assert.match(await cli.done('list', '-H'), /^a\tlinux\t.*\nb\tlinux\t/m)
  })
})
