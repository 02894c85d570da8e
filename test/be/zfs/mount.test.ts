import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { members } from '../../../src/be/zfs/members.ts'
import { mountSteps, umountSteps } from '../../../src/be/zfs/mount.ts'
import { Zfs } from '../../../src/be/zfs/zfs.ts'
import { BeError } from '../../../src/errors/errors.ts'
import type { Platform } from '../../../src/host/platform.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

/** As bsdinstall's nested layout and bectl(8) leave them: by mountpoint they would all go onto the host's own. */
const SETS = [
  { name: 'z/ROOT/a', mountpoint: '/', canmount: 'noauto', sharenfs: 'off' },
  { name: 'z/ROOT/a/usr', mountpoint: '/usr', canmount: 'off', sharenfs: 'off' },
  { name: 'z/ROOT/a/usr/home', mountpoint: '/usr/home', canmount: 'noauto', sharenfs: 'off' },
  { name: 'z/ROOT/a/jails', mountpoint: 'none', canmount: 'on', sharenfs: 'off' },
  { name: 'z/ROOT/a/db', mountpoint: '/var/db', canmount: 'noauto', sharenfs: 'off' },
] as const

describe('mounting where ZFS is the kernel’s', () => {
  const tmp = temporaryDirectory()

  const commands = async (platform: Platform, path: string): Promise<string[]> => {
    const ran: string[] = []
    const zfs = new Zfs({
      platform,
      run: async argv => {
        ran.push(argv.join(' '))
        return { stdout: '', stderr: '' }
      },
      readIfThere: async path => (path === '/proc/filesystems' ? 'nodev\tproc\nnodev\tzfs\n\text4\n' : ''),
    })
    const steps = await mountSteps(zfs, members(SETS, path))
    for (const step of steps) await step.apply?.()
    for (const step of steps.reverse()) await step.undo?.()
    return ran.map(line => line.replaceAll(path, '/ROOT/a'))
  }

  it('goes by path, not by the property, in order of depth and back', async () => {
    const path = join(tmp.path, 'a')
    assert.deepEqual(await commands('freebsd', path), [
      'mount -t zfs z/ROOT/a /ROOT/a',
      'mount -t zfs z/ROOT/a/usr/home /ROOT/a/usr/home',
      'mount -t zfs z/ROOT/a/db /ROOT/a/var/db',
      'umount /ROOT/a/var/db',
      'umount /ROOT/a/usr/home',
      'umount /ROOT/a',
    ])
  })

  it('snapshots that Linux has mounted for somebody who looked go first; other mounts hold it up', async () => {
    const path = join(tmp.path, 'a')
    const ran: string[] = []
    const zfs = new Zfs({
      platform: 'linux',
      run: async argv => {
        ran.push(argv.join(' '))
        return { stdout: '', stderr: '' }
      },
      readIfThere: async () => 'nodev\tzfs\n',
    })
    const table = [
      { source: '/dev/sda1', point: '/', type: 'ext4' },
      { source: 'z/ROOT/a', point: path, type: 'zfs' },
      { source: 'z/ROOT/a@s', point: `${path}/.zfs/snapshot/s`, type: 'zfs' },
    ]
    for (const step of await umountSteps(zfs, members(SETS, path), table)) await step.apply?.()
    assert.deepEqual(ran, [`umount ${path}/.zfs/snapshot/s`, `umount ${path}`])
    const held = [...table, { source: 'tmpfs', point: `${path}/tmp`, type: 'tmpfs' }]
    await assert.rejects(
      umountSteps(zfs, members(SETS, path), held),
      beError('BE_MOUNTED_BELOW', /a\/tmp is a mount point/),
    )
  })

  const failing = (line: string) => {
    const asked: string[] = []
    const run = async (argv: string[]): Promise<never> => {
      asked.push(argv.join(' '))
      const cause = { status: 1, stderr: line }
      throw new BeError('BE_PROGRAM_FAILED', 'it ended with status 1', { cause })
    }
    return { asked, zfs: new Zfs({ platform: 'freebsd', run, readIfThere: async () => undefined }) }
  }

  it('a mount that fails leaves no directory, which mountd would export for the one of the host below', async () => {
    const path = join(tmp.path, 'a')
    const { zfs } = failing('mount: z/ROOT/a: Operation not permitted')
    const [first] = await mountSteps(zfs, members(SETS, path))
    await assert.rejects(first!.apply!(), beError('BE_STORE_PERMISSION'))
    assert.ok(!existsSync(path))
  })

  it('the name of a data set is no word of ZFS: busybox is not busy', async () => {
    const { zfs, asked } = failing("cannot open 'z/ROOT/busy-busybox': permission denied")
    await assert.rejects(zfs.list('z/ROOT/busy-busybox'), beError('BE_STORE_PERMISSION', /busy-busybox/))
    assert.equal(asked.length, 1)
  })

  it('tells Linux that the data set is not a legacy one', async () => {
    const path = join(tmp.path, 'a')
    mkdirSync(path)
    const [first] = await commands('linux', path)
    assert.equal(first, 'mount -t zfs -o zfsutil z/ROOT/a /ROOT/a')
  })
})
