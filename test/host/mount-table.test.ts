import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { localHost } from '../../src/host/local.ts'
import { mountOf, mountTable } from '../../src/host/mount-table.ts'
import { FakeHost } from '../support/fake-host.ts'

describe('host/mount-table', () => {
  it('reads mountinfo: blanks in names, optional fields, what hides what', async () => {
    const host = new FakeHost('linux')
    host.files.set(
      '/proc/self/mountinfo',
      `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /ROOT/two\\040words rw shared:7 master:2 - zfs tank/two\\040words rw
31 22 0:41 / /ROOT rw - zfs tank/ROOT rw
32 31 0:42 / /ROOT rw - tmpfs none rw
`,
    )
    const table = await mountTable(host)
    assert.deepEqual(mountOf(table, '/ROOT/two words/x'), {
      point: '/ROOT/two words',
      type: 'zfs',
      source: 'tank/two words',
    })
    assert.equal(mountOf(table, '/ROOT/a').source, 'none', 'the later hides the earlier')
    assert.equal(mountOf(table, '/ROOTS').point, '/', 'a name that begins alike is another')
  })

  it('reads mount -p of FreeBSD', async () => {
    const host = new FakeHost('freebsd')
    const printed =
      'zroot/ROOT/default\t/\t\t\tzfs\trw,noatime\t0 0\nzroot/ROOT/head\t/ROOT/head\tzfs\trw\t0 0\ndevfs\t\t/dev\tdevfs\trw\t0 0'
    host.programs.set('mount', async args => {
      assert.deepEqual(args, ['-p'])
      return printed
    })
    const table = await mountTable(host)
    assert.deepEqual(mountOf(table, '/ROOT/head/boot'), {
      point: '/ROOT/head',
      type: 'zfs',
      source: 'zroot/ROOT/head',
    })
    assert.equal(mountOf(table, '/usr').source, 'zroot/ROOT/default')
  })

  it('knows where things lie on this host', async () => {
    const host = localHost()
    assert.equal((await host.mountedAt('/proc/self'))?.type, 'proc')
    assert.equal(await host.mountedAt('/no/such/path'), undefined)
    assert.deepEqual(await host.list('/no/such/path'), [])
  })
})
