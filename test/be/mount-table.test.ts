import assert from 'node:assert/strict'
import { isMountedAt, mountedAt, mountTable, pointsBelow } from '../../src/be/mount-table.ts'
import type { Run } from '../../src/host/run.ts'

const says =
  (program: string, stdout: string): Run =>
  async argv => {
    assert.equal(argv.join(' '), program)
    return { stdout, stderr: '' }
  }

const LINUX = `23 1 0:21 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 23 0:43 / /ROOT/a rw,relatime shared:2 - zfs zroot/ROOT/a rw,xattr,noacl
41 40 0:44 / /ROOT/a/usr/home rw shared:3 - zfs zroot/ROOT/a/usr/home rw
42 23 0:45 / /mnt/two\\040words rw - tmpfs none rw`

const FREEBSD = `zroot/ROOT/default\t/\t\t\tzfs\trw\t\t0 0
devfs\t\t\t/dev\t\t\tdevfs\trw\t\t0 0
zroot/ROOT/a\t\t/ROOT/a\t\tzfs\trw,noatime\t0 0`

describe('mount table', () => {
  it('is read as Linux and FreeBSD print it', async () => {
    const linux = await mountTable('linux', says('cat /proc/self/mountinfo', LINUX))
    assert.deepEqual(linux[1], { point: '/ROOT/a', type: 'zfs', source: 'zroot/ROOT/a' })
    assert.equal(linux[3]!.point, '/mnt/two words')
    const freebsd = await mountTable('freebsd', says('mount -p', FREEBSD))
    assert.deepEqual(
      freebsd.map(({ point, source }) => `${source} ${point}`),
      ['zroot/ROOT/default /', 'devfs /dev', 'zroot/ROOT/a /ROOT/a'],
    )
  })

  it('tells a data set from what is below or above it: the export of a BE must not be that of the host', async () => {
    const table = await mountTable('linux', says('cat /proc/self/mountinfo', LINUX))
    assert.ok(isMountedAt(table, 'zroot/ROOT/a', '/ROOT/a'))
    assert.ok(!isMountedAt(table, 'zroot/ROOT/a', '/ROOT/a/usr'))
    assert.ok(!isMountedAt(table, 'zroot/ROOT/ab', '/ROOT/ab'))
    assert.equal(mountedAt(table, '/ROOT/ab')!.source, '/dev/sda1')
    assert.deepEqual(pointsBelow(table, '/ROOT/a'), ['/ROOT/a/usr/home'])
  })

  it('sees that a later mount hides an earlier one, on the same point or above it', async () => {
    for (const point of ['/ROOT/a', '/ROOT']) {
      const text = `${LINUX}\n50 23 0:50 / ${point} rw - tmpfs none rw`
      const table = await mountTable('linux', says('cat /proc/self/mountinfo', text))
      assert.ok(!isMountedAt(table, 'zroot/ROOT/a', '/ROOT/a'), point)
    }
  })
})
