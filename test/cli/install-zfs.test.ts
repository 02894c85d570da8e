import assert from 'node:assert/strict'
import { join } from 'node:path'
import { makeRelease } from '../be/install/mirror.ts'
import { Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'
import { poolInLab } from '../support/zfs.ts'

describe('be install, prepare, check with nested data sets', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine
  let line: string[]

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab, { NBE_BE_STORE: 'zfs', NBE_BE_PARENT: 'tank/ROOT', NBE_NFS_DRIVER: 'ganesha' })
    await poolInLab(lab, join(cli.dir, 'pool'))
    const pub = makeRelease(join(cli.dir, 'pub'))
    line = ['install', '-p', pub, '-a', 'amd64', 'deep']
  })
  after(async () => {
    await lab?.close()
    await cli?.close()
  })
  const codes = async () => {
    const { out } = await cli.be('check', 'deep', '--json')
    return JSON.parse(out).findings.map(({ code }: { code: string }) => code) as string[]
  }

  it('each part is installed into its own data set', async () => {
    await cli.done(...line)
    const { out } = await cli.run(['find', '/ROOT/deep/usr', '/ROOT/deep/var', '-xdev', '-name', 'words'])
    assert.equal(out, '/ROOT/deep/var/db/words\n')
    assert.match(
      await cli.done('list', '-H'),
      /^deep\tfreebsd\tamd64\t11\.1-RELEASE\tpxeboot,kernel,loaderEfi\t/,
    )
  })

  it('fstab gets a line for each; check reports missing ones', async () => {
    assert.ok((await codes()).includes('BE_FSTAB_NO_CHILD'))
    await cli.done('prepare', '--rw', 'deep')
    const fstab = await cli.shell('cat /ROOT/deep/etc/fstab')
    assert.match(fstab.out, /^192\.168\.77\.1:\/ROOT\/deep \/ nfs rw,nolockd 0 0$/m)
    assert.match(fstab.out, /^192\.168\.77\.1:\/ROOT\/deep\/usr\/home \/usr\/home nfs rw,nolockd 0 0$/m)
    assert.deepEqual(await codes(), ['BE_NOT_SHARED'])
  })

  it('nothing is written into one that is not mounted: its path is on the host’s file system', async () => {
    await cli.done('umount', 'deep')
    await cli.fails('BE_NOT_MOUNTED', 69, 'prepare', 'deep')
    assert.deepEqual(await codes(), ['BE_NOT_MOUNTED'])
    const dry = await cli.be('-n', ...line)
    assert.deepEqual([dry.status, dry.err.match(/would unpack \S+base\.txz/)?.length], [0, 1], dry.err)
    assert.equal(
      (await cli.be(...line)).err.match(/BE_\w+/)?.[0],
      'BE_INSTALL_NOT_EMPTY',
      'mounted, to look inside',
    )
  })
})
