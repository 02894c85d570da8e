import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { members } from '../../../src/be/zfs/members.ts'
import { mountSteps, umountSteps } from '../../../src/be/zfs/mount.ts'
import { Zfs } from '../../../src/be/zfs/zfs.ts'
import { BeError } from '../../../src/errors/errors.ts'
import type { Platform } from '../../../src/host/platform.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

/** As made by bsdinstall's nested layout or bectl(8): their mountpoints are those of the host's own file systems. */
const SETS = [
  { name: 'z/ROOT/a', mountpoint: '/', canmount: 'noauto', sharenfs: 'off' },
  { name: 'z/ROOT/a/usr', mountpoint: '/usr', canmount: 'off', sharenfs: 'off' },
  { name: 'z/ROOT/a/usr/home', mountpoint: '/usr/home', canmount: 'noauto', sharenfs: 'off' },
  { name: 'z/ROOT/a/jails', mountpoint: 'none', canmount: 'on', sharenfs: 'off' },
  { name: 'z/ROOT/a/db', mountpoint: '/var/db', canmount: 'noauto', sharenfs: 'off' },
] as const

describe('mounting with ZFS in the kernel', () => {
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
    return ran.filter(line => line !== 'mount -p').map(line => line.replaceAll(path, '/ROOT/a'))
  }

  it('is done by path, not by the mountpoint property; parents first, and unmounting in reverse', async () => {
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

  it('snapshots that Linux mounted on access are unmounted first; other mounts are an error', async () => {
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

  /** A kernel whose `mount` goes where `leads` says, as when a directory was replaced with a link. */
  const misled = (leads: (path: string) => string) => {
    const table = new Map<string, string>()
    const run = async ([program, ...args]: string[]) => {
      if (program === 'umount') table.delete(leads(args[0]!))
      else if (args[0] === '-t') table.set(leads(args[3]!), args[2]!)
      const lines = [...table].map(([point, set]) => `${set}\t${point}\tzfs\trw\t0 0\n`)
      return { stdout: `/dev/ada0\t/\tufs\trw\t0 0\n${lines.join('')}`, stderr: '' }
    }
    return { table, zfs: new Zfs({ platform: 'freebsd', run, readIfThere: async () => undefined }) }
  }

  it('what mount(8) put elsewhere, by a link that was swapped in, is taken off again', async () => {
    const path = join(tmp.path, 'a')
    mkdirSync(path)
    const { zfs, table } = misled(to => (to === join(path, 'usr/home') ? '/usr/home' : to))
    const [, home] = await mountSteps(zfs, members(SETS, path))
    await assert.rejects(home!.apply!(), beError('BE_MOUNT_POINT', /led to \/usr\/home/))
    assert.deepEqual([...table], [])
  })

  it('a file system whose mount point was moved is not unmounted by its former path', async () => {
    const path = join(tmp.path, 'a')
    mkdirSync(path)
    const { zfs, table } = misled(to => to)
    const [, home] = await mountSteps(zfs, members(SETS, path))
    await home!.apply!()
    table.delete(join(path, 'usr/home'))
    table.set(join(path, 'moved/home'), 'z/ROOT/a/usr/home')
    await assert.rejects(home!.undo!(), beError('BE_MOUNTED_ELSEWHERE', /moved\/home/))
    assert.equal(table.size, 1)
  })

  it('no mount point is made through a link in the tree', async () => {
    const path = join(tmp.path, 'a')
    mkdirSync(path)
    mkdirSync(join(tmp.path, 'outside'))
    symlinkSync(join(tmp.path, 'outside'), join(path, 'usr'))
    const { zfs, table } = misled(to => to)
    const [, home] = await mountSteps(zfs, members(SETS, path))
    await assert.rejects(home!.apply!(), beError('BE_MOUNT_POINT', /a\/usr is no directory/))
    assert.deepEqual([[...table], readdirSync(join(tmp.path, 'outside'))], [[], []])
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

  it('a failed mount leaves no directory: mountd would export it, on the host’s own file system', async () => {
    const path = join(tmp.path, 'a')
    const { zfs } = failing('mount: z/ROOT/a: Operation not permitted')
    const [first] = await mountSteps(zfs, members(SETS, path))
    await assert.rejects(first!.apply!(), beError('BE_STORE_PERMISSION'))
    assert.ok(!existsSync(path))
  })

  it('the name of a data set is not taken for an error message: busybox is not busy', async () => {
    const { zfs, asked } = failing("cannot open 'z/ROOT/busy-busybox': permission denied")
    await assert.rejects(zfs.list('z/ROOT/busy-busybox'), beError('BE_STORE_PERMISSION', /busy-busybox/))
    assert.equal(asked.length, 1)
  })

  it('zfsutil is passed on Linux for a mountpoint that is not legacy', async () => {
    const path = join(tmp.path, 'a')
    mkdirSync(path)
    const [first] = await commands('linux', path)
    assert.equal(first, 'mount -t zfs -o zfsutil z/ROOT/a /ROOT/a')
  })
})
