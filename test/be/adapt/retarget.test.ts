import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { retarget, retargetFstab } from '../../../src/be/adapt/retarget.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

const FROM = ['/ROOT/a', 'zroot/ROOT/a']
const TO = ['/ROOT/b', 'zroot/ROOT/b']

describe('the fstab of a clone', () => {
  const tmp = temporaryDirectory()

  it('mounts the clone’s file systems instead of the original’s; the rest is unchanged', () => {
    const text = [
      '# 192.168.2.1:/ROOT/a is where it came from',
      '192.168.2.1:/ROOT/a       /         nfs  ro  0 0',
      '\t192.168.2.1:/ROOT/a/usr/home\t/usr/home\tnfs\trw,noatime\t0\t0',
      '192.168.2.1:/ROOT/ab /x nfs rw 0 0',
      '192.168.2.1:/pub/ROOT/a /pub nfs ro 0 0',
      'zroot/ROOT/a/tmp /tmp zfs rw 0 0',
      'proc /proc procfs rw 0 0',
      '',
    ].join('\n')
    assert.equal(
      retargetFstab(text, FROM, TO),
      [
        '# 192.168.2.1:/ROOT/a is where it came from',
        '192.168.2.1:/ROOT/b       /         nfs  ro  0 0',
        '\t192.168.2.1:/ROOT/b/usr/home\t/usr/home\tnfs\trw,noatime\t0\t0',
        '192.168.2.1:/ROOT/ab /x nfs rw 0 0',
        '192.168.2.1:/pub/ROOT/a /pub nfs ro 0 0',
        'zroot/ROOT/b/tmp /tmp zfs rw 0 0',
        'proc /proc procfs rw 0 0',
        '',
      ].join('\n'),
    )
  })

  it('names with blanks, as fstab encodes them, and lines that be prepare commented out', () => {
    assert.equal(
      retargetFstab(
        's:/my\\040root/a/x\\040y /x nfs ro 0 0\n#nbe# zroot/ROOT/a/var /var zfs rw 0 0\n#nbe# # old\n',
        ['/my root/a', 'zroot/ROOT/a'],
        ['/my root/b', 'zroot/ROOT/b'],
      ),
      's:/my\\040root/b/x\\040y /x nfs ro 0 0\n#nbe# zroot/ROOT/b/var /var zfs rw 0 0\n#nbe# # old\n',
    )
  })

  it('is never written outside of the tree, whatever links it has', async () => {
    const [host, tree] = [join(tmp.path, 'etc'), join(tmp.path, 'tree')]
    mkdirSync(host)
    mkdirSync(tree)
    writeFileSync(join(host, 'fstab'), 's:/ROOT/a / nfs ro 0 0\n')
    symlinkSync('../etc', join(tree, 'etc'))
    await retarget(tree, FROM, TO)
    assert.match(readFileSync(join(host, 'fstab'), 'utf8'), /ROOT\/a/, 'the host’s own')

    const other = join(tmp.path, 'other')
    mkdirSync(join(other, 'etc'), { recursive: true })
    await retarget(other, FROM, TO)
    symlinkSync(join(host, 'fstab'), join(other, 'etc/fstab'))
    await retarget(other, FROM, TO)
    assert.match(readFileSync(join(host, 'fstab'), 'utf8'), /ROOT\/a/)
  })
})
