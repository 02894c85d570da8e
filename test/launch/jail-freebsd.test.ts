import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import { CommandLine, type Outcome } from '../support/command-line.ts'
import { smallTree } from '../support/small-tree.ts'
import { until } from '../support/until.ts'

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

  const record = () => join(cli.state, 'tree-users/r14.1.json')

  const argvOf = (what: Record<string, unknown>) => [
    'sh',
    '-c',
    'echo "be $$" >&2; exec "$@" < /dev/null',
    'sh',
    'env',
    `PATH=${join(host, 'bin')}:${process.env.PATH}`,
    `FREEBSD_HOST=${host}`,
    process.execPath,
    join(STAND_INS, 'be-on-freebsd.ts'),
    JSON.stringify(what),
  ]

  async function call(what: Record<string, unknown>): Promise<Outcome & { log: string[] }> {
    rmSync(join(host, 'log'), { force: true })
    const outcome = await cli.run(argvOf(what))
    outcome.err = outcome.err.replace(/^be \d+\n/, '')
    const log = existsSync(join(host, 'log'))
      ? readFileSync(join(host, 'log'), 'utf8').trim().split('\n')
      : []
    return { ...outcome, log }
  }

  const run = (launch: 'jail' | 'chroot', more: Record<string, unknown> = {}) =>
    call({ do: 'run', launch, name: 'r14.1', command: RUN, ...more })

  /** Starts a command that waits for `end` in the tree, and waits until it runs. */
  async function start(launch: 'jail' | 'chroot', mark: string): Promise<Program> {
    const command = ['sh', '-c', `echo up-${mark}; read line < /end-${mark}`]
    await lab.run(['mkfifo', `/ROOT/r14.1/end-${mark}`])
    const what = { do: 'run', launch, name: 'r14.1', command }
    const program = lab.start(argvOf(what), { name: `be ${launch}`, env: cli.settings })
    await program.transcript.waitFor(new RegExp(`^up-${mark}$`, 'm'), 60_000)
    if (launch === 'chroot') await until(() => readFileSync(record(), 'utf8').includes('"command"'))
    return program
  }

  async function end(program: Program, mark: string): Promise<void> {
    await lab.run(['sh', '-c', `echo > /ROOT/r14.1/end-${mark}`])
    await program.ended
    await lab.run(['rm', `/ROOT/r14.1/end-${mark}`])
  }

  /** Kills `be` itself; its command goes on, as on FreeBSD. */
  async function kill(program: Program): Promise<void> {
    await cli.kill(program, 'KILL')
    const pid = /^be (\d+)$/m.exec(program.transcript.text)![1]
    await until(() => lab.run(['sh', '-c', `kill -0 ${pid} 2>/dev/null || echo gone`]))
  }

  const devMounts = async () => (await mountInfo()).split('/ROOT/r14.1/dev ').length - 1

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
      'jls jid name path',
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
      'jls jid name path',
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
      'jls jid name path',
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
      const again = await call({ do: 'jail', name: 'r14.1', options: [] })
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

  it('several at once: each has its own name, /dev is mounted once and unmounted by the last', async () => {
    const one = await start('jail', 'one')
    const two = await start('jail', 'two')
    assert.equal((await call({ do: 'jail', name: 'r14.1', options: [] })).status, 0)
    const chroot = await start('chroot', 'three')
    assert.equal(await jails(), 'be_r14_1\nbe_r14_1_2\nbe_r14_1_3\n')
    assert.equal(await devMounts(), 1)
    await end(one, 'one')
    assert.equal(await jails(), 'be_r14_1_2\nbe_r14_1_3\n')
    assert.equal((await call({ do: 'unjail', name: 'r14.1' })).status, 0)
    assert.equal(await jails(), 'be_r14_1_2\n', 'the persistent one only')
    assert.match((await call({ do: 'unjail', name: 'r14.1' })).err, /\[BE_NOT_JAILED\]/)
    await end(two, 'two')
    assert.equal(await devMounts(), 1, 'the chroot still runs')
    await end(chroot, 'three')
    await nothingLeft()
  })

  it('a persistent jail outlives the others, and has its /dev until be unjail', async () => {
    const one = await start('jail', 'one')
    assert.equal((await call({ do: 'jail', name: 'r14.1', options: [] })).status, 0)
    await end(one, 'one')
    assert.deepEqual([await jails(), await devMounts()], ['be_r14_1_2\n', 1])
    assert.equal((await call({ do: 'unjail', name: 'r14.1' })).status, 0)
    await nothingLeft()
  })

  it('a jail beside a chroot does not see all devices; another ruleset is refused', async () => {
    const chroot = await start('chroot', 'one')
    const { status, log } = await run('jail')
    assert.equal(status, 7)
    assert.ok(log.includes(DEVFS))
    const one = await start('jail', 'two')
    const other = await run('jail', { options: [{ set: 'devfs_ruleset', value: '5' }] })
    assert.match(other.err, /has ruleset 4 .*\[BE_BUSY\]/)
    await end(one, 'two')
    await end(chroot, 'one')
    await nothingLeft()
  })

  it('a name of -o that another jail has: said by name, not by the jid that jail(8) says', async () => {
    assert.equal((await run('jail', { leave: true })).status, 7)
    const options = [{ set: 'name', value: 'mine' }]
    const one = await run('jail', { leave: true, options })
    assert.equal(one.status, 7, one.err)
    const { err } = await run('jail', { options })
    assert.match(err, /^be: there is a jail mine already \(jid 2\); .*\[BE_JAILED\]\n$/)
    assert.equal((await call({ do: 'unjail', name: 'mine' })).status, 0)
    assert.equal((await call({ do: 'unjail', name: 'r14.1' })).status, 0)
    await nothingLeft()
  })

  for (const launch of ['jail', 'chroot'] as const) {
    const NEXT: Record<string, () => Promise<Outcome>> = {
      'be jail': () => run('jail', { command: ['true'] }),
      'be chroot': () => run('chroot', { command: ['true'] }),
      'be jail -b': () => call({ do: 'jail', name: 'r14.1', options: [] }),
      'be unjail': () => call({ do: 'unjail', name: 'r14.1' }),
      'be list': () => call({ do: 'list', name: 'r14.1' }),
    }
    for (const [next, command] of Object.entries(NEXT)) {
      it(`${next} ends what a be ${launch} left that was killed`, async () => {
        const program = await start(launch, 'orphan')
        await kill(program)
        const { status, err } = await command()
        assert.equal(status, 0, err)
        assert.match(
          err,
          /^be: warning: what be \(\d+\), which was killed, left in r14\.1 has been taken back\n/,
        )
        await program.ended // its command has ended too
        await lab.run(['rm', '/ROOT/r14.1/end-orphan'])
        if (next === 'be jail -b') assert.equal((await call({ do: 'unjail', name: 'r14.1' })).status, 0)
        await nothingLeft()
      })
    }
  }

  it('what a killed one left is not taken from those that run', async () => {
    const killed = await start('jail', 'killed')
    const other = await start('jail', 'other')
    await kill(killed)
    assert.equal((await call({ do: 'list', name: 'r14.1' })).status, 0)
    assert.deepEqual([await jails(), await devMounts()], ['be_r14_1_2\n', 1])
    await lab.run(['rm', '/ROOT/r14.1/end-killed'])
    await end(other, 'other')
    await nothingLeft()
  })

  it('what cannot be taken back is said, and tried again by the next command', async () => {
    const killed = await start('jail', 'killed')
    await kill(killed)
    const holder = lab.start(['sh', '-c', 'exec 3> /ROOT/r14.1/dev/held; echo held; read line'], {
      name: 'holder',
    })
    await holder.transcript.waitFor(/held/, 20_000)
    const { status, err } = await call({ do: 'list', name: 'r14.1' })
    assert.equal(status, 0, err)
    assert.match(err, /cannot all be taken back: .*(busy|Busy)/)
    await holder.stop(5000)
    assert.match((await call({ do: 'list', name: 'r14.1' })).err, /has been taken back/)
    await lab.run(['rm', '/ROOT/r14.1/end-killed'])
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
