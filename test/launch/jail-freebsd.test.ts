import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import { CommandLine, type Outcome } from '../support/command-line.ts'
import { smallTree } from '../support/small-tree.ts'

const STAND_INS = join(import.meta.dirname, 'stand-ins')

/** The command that creates the jail of r14.1 by default. */
const CREATE =
  'jail -q -c name=be_r14_1 host.hostname=r14.1 path=/ROOT/r14.1 persist=true allow.mount=true ' +
  'allow.mount.devfs=true enforce_statfs=1'
const DEVFS = 'mount -t devfs -o ruleset=4 devfs /ROOT/r14.1/dev'
const RUN = ['sh', '-c', 'echo out; exit 7']

describe('jail and chroot on FreeBSD, with stand-ins that check arguments by its manual pages', () => {
  let lab: Lab
  let cli: CommandLine
  let host: string
  let mounts: string

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab)
    host = join(cli.dir, 'freebsd')
    mkdirSync(join(host, 'bin'), { recursive: true })
    chmodSync(join(STAND_INS, 'jail-host.sh'), 0o755)
    for (const name of ['jail', 'jexec', 'jls', 'mount', 'umount', 'chroot']) {
      symlinkSync(join(STAND_INS, 'jail-host.sh'), join(host, 'bin', name))
    }
    await smallTree(join(cli.dir, 'tree'))
    await lab.run(['cp', '-a', join(cli.dir, 'tree'), '/ROOT/r14.1'])
    mounts = await mountInfo()
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  /** Mounts at and below /ROOT. */
  const mountInfo = () => lab.run(['grep', ' /ROOT', '/proc/self/mountinfo'])
  const jails = () => lab.run(['ls', join(host, 'jails')])

  async function call(what: Record<string, unknown>): Promise<Outcome & { log: string[] }> {
    rmSync(join(host, 'log'), { force: true })
    const path = `PATH=${join(host, 'bin')}:${process.env.PATH}`
    const argv = [
      'sh',
      '-c',
      'exec "$@" < /dev/null',
      'sh',
      'env',
      path,
      `FREEBSD_HOST=${host}`,
      process.execPath,
      join(STAND_INS, 'be-on-freebsd.ts'),
    ]
    const outcome = await cli.run([...argv, JSON.stringify(what)])
    const log = existsSync(join(host, 'log'))
      ? readFileSync(join(host, 'log'), 'utf8').trim().split('\n')
      : []
    return { ...outcome, log }
  }

  const run = (launch: 'jail' | 'chroot', more: Record<string, unknown> = {}) =>
    call({ do: 'run', launch, name: 'r14.1', command: RUN, ...more })

  async function nothingLeft(): Promise<void> {
    assert.equal(await mountInfo(), mounts)
    assert.equal(await jails(), '')
  }

  it('a jail: created, entered, removed, the exit status passed on', async () => {
    const { status, out, err, log } = await run('jail')
    assert.deepEqual([status, out, err], [7, 'out\n', ''])
    assert.deepEqual(log, [
      'jls jid name path',
      DEVFS,
      CREATE,
      'jexec be_r14_1 sh -c echo out; exit 7',
      'jail -R be_r14_1',
      'umount /ROOT/r14.1/dev',
    ])
    await nothingLeft()
  })

  it('a chroot: devfs without a ruleset, and the command', async () => {
    const { status, out, log } = await run('chroot')
    assert.deepEqual([status, out], [7, 'out\n'])
    assert.deepEqual(log, [
      'mount -t devfs devfs /ROOT/r14.1/dev',
      'chroot /ROOT/r14.1 sh -c echo out; exit 7',
      'umount /ROOT/r14.1/dev',
    ])
    await nothingLeft()
  })

  it('without a command a shell', async () => {
    assert.ok((await run('jail', { command: [] })).log.includes('jexec be_r14_1 /bin/sh'))
    assert.ok((await run('chroot', { command: [] })).log.includes('chroot /ROOT/r14.1 /bin/sh'))
    await nothingLeft()
  })

  it('parameters are set and unset in the order of the options', async () => {
    const options = [
      { set: 'name', value: 'mine' },
      { set: 'enforce_statfs', value: '2' },
      { unset: 'allow.mount' },
      { set: 'devfs_ruleset', value: '5' },
      { set: 'host.hostname', value: 'x' },
      { unset: 'host.hostname' },
      { set: 'ip4', value: 'inherit' },
    ]
    const { status, log } = await run('jail', { options })
    assert.equal(status, 7)
    assert.deepEqual(log.slice(1), [
      'mount -t devfs -o ruleset=5 devfs /ROOT/r14.1/dev',
      'jail -q -c name=mine path=/ROOT/r14.1 persist=true allow.mount.devfs=true enforce_statfs=2 ' +
        'devfs_ruleset=5 ip4=inherit host.hostname=r14.1',
      'jexec mine sh -c echo out; exit 7',
      'jail -R mine',
      'umount /ROOT/r14.1/dev',
    ])
    const bare = await run('jail', { options: [{ unset: 'mount.devfs' }] })
    assert.ok(!bare.log.some(line => line.startsWith('mount')))
    await nothingLeft()
  })

  it('a parameter that jail(8) refuses: its message, and all steps undone', async () => {
    const { status, err, log } = await run('jail', { options: [{ set: 'enforce_statfs', value: '9' }] })
    assert.equal(status, 99)
    assert.match(err, /^be: .*enforce_statfs: bad value \[BE_PROGRAM_FAILED\]\n$/)
    assert.equal(log.at(-1), 'umount /ROOT/r14.1/dev')
    await nothingLeft()
  })

  it('unmounting a busy tree is retried', async () => {
    writeFileSync(join(host, 'busy'), '')
    const { status, err } = await run('jail')
    assert.deepEqual([status, err], [7, ''])
    await nothingLeft()
  })

  it('-U leaves the jail; be unjail finds it by BE, name or jid', async () => {
    for (const name of ['r14.1', 'be_r14_1', '1']) {
      assert.equal((await run('jail', { leave: true })).status, 7)
      assert.equal(await jails(), 'be_r14_1\n')
      const again = await run('jail')
      assert.match(again.err, /jexec 1 COMMAND .*\[BE_JAILED\]/)
      const { status, out, err } = await call({ do: 'unjail', name: name })
      assert.deepEqual([status, out], [0, 'r14.1\n'], err)
      await nothingLeft()
    }
    assert.match((await call({ do: 'unjail', name: 'r14.1' })).err, /\[BE_NOT_JAILED\]/)
  })

  it('-b leaves a jail without a command; one that cannot be made leaves nothing', async () => {
    writeFileSync(join(host, 'refuse'), '')
    const refused = await call({ do: 'jail', name: 'r14.1', options: [] })
    assert.match(refused.err, /jail_set: Operation not permitted \[BE_PROGRAM_FAILED\]/)
    await nothingLeft()
    rmSync(join(host, 'refuse'))
    const { out, log } = await call({ do: 'jail', name: 'r14.1', options: [] })
    assert.deepEqual(JSON.parse(out), { be: 'r14.1', id: '1', enter: ['jexec', '1'] })
    assert.ok(log.includes(CREATE))
    assert.notEqual(await mountInfo(), mounts)
    assert.equal((await call({ do: 'unjail', name: 'r14.1' })).status, 0)
    await nothingLeft()
  })

  it('-n prints the lines and runs none', async () => {
    const { out, log } = await run('jail', { dryRun: true })
    assert.deepEqual(log, [])
    assert.deepEqual(
      out.split('\n').filter(line => line !== '' && !line.startsWith('#')),
      [
        DEVFS,
        CREATE,
        "jexec be_r14_1 sh -c 'echo out; exit 7'",
        'jail -R be_r14_1',
        'umount /ROOT/r14.1/dev',
      ],
    )
  })

  it('a tree whose dev is a symbolic link gets no devfs', async () => {
    await lab.run([
      'sh',
      '-c',
      'cp -a /ROOT/r14.1 /ROOT/evil; rmdir /ROOT/evil/dev; ln -s /run /ROOT/evil/dev',
    ])
    const { log } = await run('jail', { name: 'evil' })
    assert.ok(!log.some(line => line.startsWith('mount')), log.join('\n'))
    await nothingLeft()
  })
})
