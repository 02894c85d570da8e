import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { localHost } from '../../src/host/local.ts'
import { isMountedAt, mountOf, mountTable, pointsBelow } from '../../src/host/mount-table.ts'
import { FakeHost } from '../support/fake-host.ts'

/** As on a running Linux: the entry of the root comes after those that the initramfs moved into it. */
const LINUX = `22 28 0:20 / /proc rw,nosuid shared:12 - proc proc rw
28 1 0:21 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 28 0:43 / /ROOT/a rw,relatime shared:2 - zfs zroot/ROOT/a rw,xattr,noacl
41 40 0:44 / /ROOT/a/usr/home rw shared:3 - zfs zroot/ROOT/a/usr/home rw
42 28 0:45 / /mnt/two\\040words rw - tmpfs none rw
`

const FREEBSD = `zroot/ROOT/default\t/\t\t\tzfs\trw\t\t0 0
devfs\t\t\t/dev\t\t\tdevfs\trw\t\t0 0
zroot/ROOT/a\t\t/ROOT/a\t\tzfs\trw,noatime\t0 0
`

const linux = (text: string) =>
  mountTable({
    platform: 'linux',
    run: () => Promise.reject(new Error('not needed')),
    readIfThere: async () => text,
  })
const freebsd = (text: string) =>
  mountTable({
    platform: 'freebsd',
    run: async argv => ({ stdout: argv.join(' ') === 'mount -p' ? text : '', stderr: '' }),
    readIfThere: () => Promise.reject(new Error('not needed')),
  })

describe('host/mount-table', () => {
  it('reads mountinfo: blanks in names, optional fields, hidden mounts', async () => {
    const host = new FakeHost('linux')
    host.files.set(
      '/proc/self/mountinfo',
      `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 0:41 / /ROOT rw - zfs tank/ROOT rw
32 31 0:42 / /ROOT rw - tmpfs none rw
30 32 0:40 / /ROOT/two\\040words rw shared:7 master:2 - zfs tank/two\\040words rw
`,
    )
    const table = await mountTable(host)
    assert.deepEqual(mountOf(table, '/ROOT/two words/x'), {
      point: '/ROOT/two words',
      type: 'zfs',
      source: 'tank/two words',
    })
    assert.equal(mountOf(table, '/ROOT/a').source, 'none', 'the later hides the earlier')
    assert.equal(mountOf(table, '/ROOTS').point, '/', '/ROOTS is not below /ROOT')
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

  it('reads names with 24 characters or more, which are followed by a blank, and names with blanks', async () => {
    const table = await freebsd(`zroot/ROOT/default\t/\t\t\tzfs\trw,noatime \t0 0
zroot/ROOT/freebsd-12.1-lab /ROOT/freebsd-12.1-lab\tzfs\trw\t\t0 0
zroot/ROOT/freebsd-12.1-lab/usr/home /ROOT/freebsd-12.1-lab/usr/home zfs\trw,nosuid \t0 0
map -hosts\t\t/net\t\t\tautofs\trw\t\t0 0
/dev/ada0p2\t\t/mnt/two words\t\tufs\trw\t\t2 2
`)
    const be = '/ROOT/freebsd-12.1-lab'
    assert.ok(isMountedAt(table, 'zroot/ROOT/freebsd-12.1-lab', be))
    assert.ok(isMountedAt(table, 'zroot/ROOT/freebsd-12.1-lab/usr/home', `${be}/usr/home`))
    assert.deepEqual(pointsBelow(table, be), [`${be}/usr/home`])
    assert.deepEqual(mountOf(table, '/net/nas'), { point: '/net', type: 'autofs', source: 'map -hosts' })
    assert.equal(mountOf(table, '/mnt/two words/x').source, '/dev/ada0p2')
  })

  it('distinguishes a data set from file systems below and above it', async () => {
    const table = await linux(LINUX)
    assert.ok(isMountedAt(table, 'zroot/ROOT/a', '/ROOT/a'))
    assert.ok(!isMountedAt(table, 'zroot/ROOT/a', '/ROOT/a/usr'))
    assert.ok(!isMountedAt(table, 'zroot/ROOT/ab', '/ROOT/ab'))
    assert.equal(mountOf(table, '/ROOT/ab').source, '/dev/sda1')
    assert.deepEqual(pointsBelow(table, '/ROOT/a'), ['/ROOT/a/usr/home'])
  })

  it('leaves out what a later mount hides, at the same point or above it', async () => {
    for (const [parent, point] of [
      [40, '/ROOT/a'],
      [28, '/ROOT'],
    ]) {
      const table = await linux(`${LINUX}50 ${parent} 0:50 / ${point} rw - tmpfs none rw\n`)
      assert.ok(!isMountedAt(table, 'zroot/ROOT/a', '/ROOT/a'), `Linux, ${point}`)
      assert.deepEqual(pointsBelow(table, '/ROOT/a'), [])
      const other = await freebsd(`${FREEBSD}tmpfs\t${point}\ttmpfs\trw\t0 0\n`)
      assert.ok(!isMountedAt(other, 'zroot/ROOT/a', '/ROOT/a'), `FreeBSD, ${point}`)
    }
  })

  it('finds the file system of a path on this host', async () => {
    const host = localHost()
    assert.equal((await host.mountedAt('/proc/self'))?.type, 'proc')
    assert.equal(await host.mountedAt('/no/such/path'), undefined)
    assert.deepEqual(await host.list('/no/such/path'), [])
  })
})
