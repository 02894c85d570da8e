import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { giveIdentity, withHostname } from '../../../src/be/adapt/identity.ts'
import { prepare } from '../../../src/be/prepare/prepare.ts'
import { change } from '../../../src/host/change.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('the identity of a clone', () => {
  const tmp = temporaryDirectory()
  const tree = (files: Record<string, string>): string => {
    const root = join(tmp.path, 'tree')
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    return root
  }
  const read = (path: string) => readFileSync(join(tmp.path, 'tree', path), 'utf8')

  const OLD = '11111111-2222-3333-4444-555555555555'

  it('FreeBSD: a host id of its own, the same as machine id, and its name', async () => {
    const root = tree({
      'bin/freebsd-version': 'USERLAND_VERSION="14.1-RELEASE"\n',
      'etc/hostid': `${OLD}\n`,
      'etc/machine-id': `${OLD.replaceAll('-', '')}\n`,
      'etc/rc.conf': 'hostname="old"\nsshd_enable="YES"\n',
    })
    await giveIdentity(root, 'm1.lab')
    assert.match(read('etc/hostid'), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/)
    assert.notEqual(read('etc/hostid'), `${OLD}\n`)
    assert.equal(read('etc/machine-id'), read('etc/hostid').replaceAll('-', ''))
    assert.equal(read('etc/rc.conf'), 'sshd_enable="YES"\nhostname="m1.lab"\n')
  })

  it('the id that be prepare saved in the original is removed, so that --undo does not restore it in clones', async () => {
    const trees: [string, Record<string, string>][] = [
      ['etc/hostid', { 'bin/freebsd-version': 'USERLAND_VERSION="14.1-RELEASE"\n' }],
      ['etc/machine-id', { 'etc/os-release': 'ID=debian\n' }],
    ]
    for (const [path, files] of trees) {
      const root = tree({ ...files, [path]: `${OLD}\n` })
      const how = {
        ...{ root, kind: path === 'etc/hostid' ? ('freebsd' as const) : ('linux' as const) },
        ...{
          server: '10.0.0.1',
          nfsOptions: '',
          fileSystems: [{ inside: '', path: '/ROOT/t', mounted: true }],
        },
      }
      await change((await prepare({ ...how, readOnly: true })).steps)
      await giveIdentity(root, 'm1')
      const own = read(path)
      await change((await prepare({ ...how, readOnly: false })).steps)
      assert.equal(read(path), own)
      assert.notEqual(own, `${OLD}\n`)
      rmSync(root, { recursive: true })
    }
  })

  it('a file that an edit would truncate or corrupt is left alone', async () => {
    const root = tree({ 'bin/freebsd-version': 'USERLAND_VERSION="12.1-RELEASE"\n', 'etc/x': '' })
    const rc = join(root, 'etc/rc.conf')
    for (const bytes of [Buffer.from('# Gr\xfc\xdfe\n', 'latin1'), Buffer.alloc(1 << 20, '# long\n')]) {
      writeFileSync(rc, bytes)
      await assert.rejects(giveIdentity(root, 'm1'), beError('BE_TREE_TEXT', /etc\/rc\.conf/))
      assert.ok(readFileSync(rc).equals(bytes))
    }
    rmSync(rc)
    symlinkSync('/etc/device', rc)
    execFileSync('mknod', [join(root, 'etc/device'), 'c', '1', '5'])
    await assert.rejects(giveIdentity(root, 'm1'), beError('BE_TREE_TEXT'))
  })

  it('FreeBSD before 13 gets no machine id, which it does not use', async () => {
    const root = tree({ 'bin/freebsd-version': 'USERLAND_VERSION="12.1-RELEASE"\n', 'etc/rc.conf': '' })
    await giveIdentity(root, 'm1')
    assert.ok(existsSync(join(root, 'etc/hostid')))
    assert.ok(!existsSync(join(root, 'etc/machine-id')))
  })

  it('Linux: machine id, hostname, and its name in hosts', async () => {
    const root = tree({
      'etc/os-release': 'ID=debian\n',
      'etc/machine-id': `${OLD.replaceAll('-', '')}\n`,
      'etc/hostname': 'old\n',
      'etc/hosts': '127.0.0.1 localhost\n127.0.1.1\told.lab old # old\n10.0.0.9 older\n',
    })
    chmodSync(join(root, 'etc/machine-id'), 0o444)
    await giveIdentity(root, 'm1')
    assert.match(read('etc/machine-id'), /^[0-9a-f]{32}\n$/)
    assert.notEqual(read('etc/machine-id'), `${OLD.replaceAll('-', '')}\n`)
    assert.equal(statSync(join(root, 'etc/machine-id')).mode & 0o777, 0o444)
    assert.equal(read('etc/hostname'), 'm1\n')
    assert.equal(read('etc/hosts'), '127.0.0.1 localhost\n127.0.1.1\tm1.lab m1 # old\n10.0.0.9 older\n')
  })

  it('changes nothing in a tree without a system, and nothing on the host through a link', async () => {
    const root = tree({ 'data/file': '' })
    await giveIdentity(root, 'm1')
    assert.ok(!existsSync(join(root, 'etc')))
    mkdirSync(join(tmp.path, 'host'))
    mkdirSync(join(root, 'bin'))
    writeFileSync(join(root, 'bin/freebsd-version'), '')
    symlinkSync(join(tmp.path, 'host'), join(root, 'etc'))
    await giveIdentity(root, 'm1')
    assert.ok(!existsSync(join(tmp.path, 'host/hostid')))
  })

  it('the last line of rc.conf sets the host name', () => {
    assert.equal(withHostname('', 'm'), 'hostname="m"\n')
    assert.equal(withHostname('a=1', 'm'), 'a=1\nhostname="m"\n')
    assert.equal(withHostname('  hostname=x\n# hostname=y\n', 'm'), '# hostname=y\nhostname="m"\n')
  })
})
