import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'
import { smallTree } from '../support/small-tree.ts'
import { poolInLab } from '../support/zfs.ts'

describe('be jail and chroot with be.store = "zfs"', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab, { NBE_BE_STORE: 'zfs', NBE_BE_PARENT: 'tank/ROOT' })
    await poolInLab(lab, join(cli.dir, 'pool'))
    await smallTree(join(cli.dir, 'small'))
    await cli.done('create', '-l', 'freebsd', 'deep')
    await lab.run(['cp', '-a', `${cli.dir}/small/.`, '/ROOT/deep'])
    await lab.run(['touch', '/ROOT/deep/usr/home/here'])
    await cli.done('umount', 'deep')
  })
  after(async () => {
    await lab?.close()
    await cli?.close()
  })

  const mounted = () => lab.run(['sh', '-c', "grep -c ' /ROOT/deep' /proc/self/mountinfo || :"])
  const home = ['--', 'test', '-f', '/usr/home/here']

  it('all data sets are mounted for a command, and unmounted when it has ended, however', async () => {
    for (const verb of ['jail', 'chroot']) {
      await cli.done(verb, 'deep', ...home)
      assert.equal(await mounted(), '0\n')
      assert.equal((await cli.be(verb, 'deep', '--', 'sh', '-c', 'kill -KILL $$')).status, 137)
      assert.equal(await mounted(), '0\n')
      const program = cli.start(verb, 'deep', '--', 'sh', '-c', 'echo up; sleep 1000')
      await program.transcript.waitFor(/^up$/m, 20_000)
      await cli.kill(program, 'TERM')
      await program.ended
      assert.equal(await mounted(), '0\n')
      assert.equal((await cli.be(verb, 'deep', 'no-such')).status, 125)
      assert.equal(await mounted(), '0\n')
    }
  })

  it('-U leaves them mounted; mounted ones stay mounted', async () => {
    await cli.done('jail', '-U', 'deep', ...home)
    const all = await mounted()
    assert.ok(Number(all) > 1)
    await cli.done('chroot', 'deep', ...home)
    assert.equal(await mounted(), all)
    await cli.done('umount', 'deep')
  })

  it('of two at once neither is unmounted at the end of the other, nor by be unjail', async () => {
    const inside = async (name: string) => {
      const program = cli.start(
        'jail',
        'deep',
        '--',
        'sh',
        '-c',
        `echo up; read line </${name}; ls /usr/home`,
      )
      await program.transcript.waitFor(/^up$/m, 20_000)
      return program
    }
    const end = (name: string) => lab.run(['sh', '-c', `echo end >/ROOT/deep/${name}`])
    await cli.done('mount', 'deep')
    await lab.run(['mkfifo', '/ROOT/deep/one', '/ROOT/deep/two'])
    await cli.done('umount', 'deep')
    const [one, two] = [await inside('one'), await inside('two')]
    assert.match(
      await cli.fails('BE_BUSY', 75, 'umount', 'deep'),
      /deep has process \d+, process \d+ running in it/,
    )
    await end('one')
    assert.match(await one.ended, /status 0/)
    assert.notEqual(await mounted(), '0\n', 'somebody is in it')
    await end('two')
    assert.match(await two.ended, /status 0/)
    assert.match(two.transcript.text, /^here$/m)
    assert.equal(await mounted(), '0\n')

    await cli.done('jail', '-b', 'deep')
    assert.match(await cli.fails('BE_BUSY', 75, 'umount', 'deep'), /be unjail deep ends the jail/)
    const chroot = cli.start('chroot', 'deep', '--', 'sh', '-c', 'echo up; read line </one; ls /usr/home')
    await chroot.transcript.waitFor(/^up$/m, 20_000)
    await cli.done('unjail', 'deep')
    await end('one')
    assert.match(await chroot.ended, /status 0/)
    assert.match(chroot.transcript.text, /^here$/m)
    assert.equal(await mounted(), '0\n')
  })

  it('-b mounts, be unjail unmounts', async () => {
    await cli.done('jail', '-b', 'deep')
    assert.notEqual(await mounted(), '0\n')
    await cli.done('unjail', 'deep')
    assert.equal(await mounted(), '0\n')
  })
})
