import assert from 'node:assert/strict'
import { localHost } from '../../src/host/local.ts'
import { isMountedAt, mountOf, mountTable, pointsBelow } from '../../src/host/mount-table.ts'

/** The root after what an initramfs moved into it, as a Linux that was booted has it. */
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

describe('mount table', () => {
  it('is read as Linux and FreeBSD print it', async () => {
    const [proc, , a, , words] = await linux(LINUX)
    assert.equal(proc!.point, '/proc')
    assert.deepEqual(a, { point: '/ROOT/a', type: 'zfs', source: 'zroot/ROOT/a' })
    assert.equal(words!.point, '/mnt/two words')
    assert.deepEqual(
      (await freebsd(FREEBSD)).map(({ point, source }) => `${source} ${point}`),
      ['zroot/ROOT/default /', 'devfs /dev', 'zroot/ROOT/a /ROOT/a'],
    )
  })

  it('tells a data set from what is below or above it: the export of a BE must not be that of the host', async () => {
    const table = await linux(LINUX)
    assert.ok(isMountedAt(table, 'zroot/ROOT/a', '/ROOT/a'))
    assert.ok(!isMountedAt(table, 'zroot/ROOT/a', '/ROOT/a/usr'))
    assert.ok(!isMountedAt(table, 'zroot/ROOT/ab', '/ROOT/ab'))
    assert.equal(mountOf(table, '/ROOT/ab').source, '/dev/sda1')
    assert.deepEqual(pointsBelow(table, '/ROOT/a'), ['/ROOT/a/usr/home'])
  })

  it('leaves out what a later mount hides, on the same point or above it', async () => {
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

  it('is that of this host, in whatever namespace', async () => {
    const table = await mountTable(localHost())
    assert.equal(mountOf(table, '/').point, '/')
    assert.equal((await localHost().mountedAt('/proc/self'))?.type, 'proc')
    assert.equal(await localHost().mountedAt('/no/such/path'), undefined)
  })
})
