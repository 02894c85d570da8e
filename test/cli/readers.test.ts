import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import { assertFailure, CommandLine, type Outcome } from '../support/command-line.ts'

/** A group that every Debian has (base-passwd). */
const OPERATOR = 37

describe('reading as a member of state.group, not as root', function () {
  this.timeout(180_000)
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    lab = await Lab.open()
    // Made by be create: 0750, for the group.
    const settings = { NBE_STATE_GROUP: 'operator', NBE_NFS_DRIVER: 'embedded', NBE_BE_ROOT: '/ROOT/fresh' }
    cli = new CommandLine(lab, settings)
    await cli.done('create', '-l', 'freebsd', 'b1')
    await cli.done('machine', 'add', 'm1', '02:00:00:00:00:01', '--kind', 'qemu')
    await cli.done('sharepxe', 'b1', 'm1')
    await cli.done('wol', '02:00:00:00:00:01')
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  const READS: [command: string, status: number, shows: RegExp][] = [
    ['list', 0, /^b1 /m],
    ['status', 0, /^m1 /m],
    ['log', 0, /wol:sent/],
    ['vm list', 0, /^m1 /m],
    ['check b1', 1, /./],
    ['explain m1', 0, /^m1 02:00:00:00:00:01 asks as firmware/],
    ['wait m1 --timeout 0', 75, /BE_WAIT_OVER/],
  ]

  async function readAll(): Promise<void> {
    for (const [command, status, shows] of READS) {
      const done = await cli.asMember(OPERATOR, ...command.split(' '))
      assert.equal(done.status, status, `be ${command}: ${done.err}`)
      assert.match(done.out + done.err, shows, `be ${command}`)
    }
  }

  it('a member may read, while nobody serves', readAll)

  it('a member may read while be serve runs, and sees what it just wrote', async () => {
    await cli.serve()
    await readAll()
    await cli.done('machine', 'add', 'm2', '02:00:00:00:00:02')
    assert.match((await cli.asMember(OPERATOR, 'status')).out, /^m2 /m)
  })

  it('a member may change nothing: one line, exit 77', async () => {
    const before = cli.files()
    for (const command of ['machine add m3 02:00:00:00:00:03', 'unshare b1', 'sharepxe b1']) {
      const outcome = await cli.asMember(OPERATOR, ...command.split(' '))
      assert.equal(outcome.status, 77, `be ${command}: ${outcome.err}`)
      assert.match(outcome.err, /^be: [^\n]*\[BE_(STATE|FILE)_PERMISSION\]\n$/)
    }
    assert.deepEqual([...cli.files().keys()], [...before.keys()])
  })

  it('anybody else is told who may, also by be log', async () => {
    const told = (outcome: Outcome) => assertFailure(outcome, 'BE_STATE_PERMISSION', 77)
    for (const command of ['status', 'log', 'wait m1', 'vm list']) {
      const outcome = await cli.asNobody(...command.split(' '))
      told(outcome)
      assert.match(outcome.err, /expected root, or a member of the group operator/, command)
    }
  })

  it('a magic packet that could not be noted was sent all the same: exit 0, with a warning', async () => {
    const { status, err } = await cli.asNobody('wol', '02:00:00:00:00:01')
    assert.match(
      err,
      /^be: warning: the wake-up of 02:00:00:00:00:01 is not noted: .*\[BE_STATE_PERMISSION\]$/m,
    )
    assert.match(err, /^be: magic packet for 02:00:00:00:00:01 sent/m)
    assert.equal(status, 0)
  })

  it('where nothing is yet, or be.root is not for the group, a member is told what would help', async () => {
    const none = await cli.asMember(OPERATOR, 'list', '--state-dir', '/ROOT/fresh/none')
    assertFailure(none, 'BE_STATE_PERMISSION', 77)
    assert.match(none.err, /there is no \/ROOT\/fresh\/none\/nbe\.db yet/)
    await cli.shell('chmod 700 /ROOT/fresh')
    const closed = await cli.asMember(OPERATOR, 'list')
    await cli.shell('chmod 750 /ROOT/fresh')
    assertFailure(closed, 'BE_STORE_PERMISSION', 77)
    assert.match(closed.err, /give be\.root to the group of state\.group, with mode 0750/)
  })

  it("the state is the group's to read, not to write", () => {
    const { gid, mode } = statSync(join(cli.state, 'nbe.db'))
    assert.deepEqual([gid, mode & 0o777], [OPERATOR, 0o640])
    assert.equal(statSync(cli.state).mode & 0o7777, 0o2750)
  })

  it('a group that is not there is named: exit 78', async () => {
    const line = await cli.fails('BE_STATE_GROUP', 78, 'status', '--state-group', 'nosuch')
    assert.match(line, /no group nosuch on this host/)
  })
})
