import assert from 'node:assert/strict'
import { Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'

describe('be create, list, destroy, mount, umount', () => {
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab)
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  it('-n changes nothing: neither state nor tree is made', async () => {
    await cli.done('create', '-n', 'a')
    await cli.done('-n', 'machine', 'add', 'm1', '02:00:00:00:00:01')
    await cli.done('list', '-n')
    await cli.done('serve', '-n')
    assert.deepEqual(cli.files(), new Map())
    assert.equal((await cli.run(['ls', '-A', '/ROOT'])).out, '')
  })

  it('creates, prints the path, and lists', async () => {
    const { status, out, err } = await cli.be('create', '-l', 'freebsd', 'zroot/ROOT/fb')
    assert.deepEqual([status, out, err], [0, '', 'be: created fb: /ROOT/fb\n'])
    await cli.done('create', 'plain')
    assert.match(
      await cli.done('list'),
      /^BE {5}KIND .*ORIGIN {2}RUN BY\nfb {5}flat .* \/ROOT\/fb .*\nplain {2}flat .* \/ROOT\/plain .*\n$/,
    )
    assert.equal(
      await cli.done('list', '-H'),
      'fb\tflat\t-\t-\t-\t-\t-\t/ROOT/fb\t-\t-\t-\nplain\tflat\t-\t-\t-\t-\t-\t/ROOT/plain\t-\t-\t-\n',
    )
    assert.deepEqual(JSON.parse(await cli.done('list', '--json'))[0], {
      ...{ name: 'fb', path: '/ROOT/fb', kind: 'flat' },
      ...{ boots: {}, uses: [], users: [] },
    })
  })

  it('mounts and unmounts a directory; only the path is on standard output', async () => {
    assert.equal(await cli.done('mount', 'fb'), '/ROOT/fb\n')
    assert.equal(await cli.done('umount', 'fb'), '')
    assert.equal(await cli.done('unmount', 'fb'), '')
  })

  it('--json: name and path of a new one', async () => {
    const told = async (...args: string[]) => JSON.parse(await cli.done(...args, '--json'))
    assert.equal((await told('create', 'j1')).path, '/ROOT/j1')
    assert.deepEqual(await told('mount', 'j1'), { path: '/ROOT/j1', mounted: true })
    assert.equal((await told('rename', 'j1', 'j2')).path, '/ROOT/j2')
    assert.deepEqual(await told('destroy', 'j2'), { name: 'j2' })
  })

  it('each mistake has its error', async () => {
    await cli.fails('BE_EXISTS', 1, 'create', 'fb')
    await cli.fails('BE_EXISTS', 1, '-n', 'create', 'fb')
    await cli.fails('BE_NAME_INVALID', 64, 'create', '../etc')
    await cli.fails('BE_NAME_INVALID', 64, 'create', 'fb@snap')
    await cli.fails('BE_LAYOUT', 64, 'create', '-l', 'windows', 'w')
    await cli.fails('BE_NAME_PARENT', 64, 'mount', 'other/fb', '--be-parent', 'zroot/ROOT')
    for (const verb of ['destroy', 'mount', 'umount', 'sharenfs', 'sharepxe']) {
      assert.match(await cli.fails('BE_UNKNOWN', 65, verb, 'fbb'), /did you mean fb\?/)
    }
    await cli.fails('BE_UNKNOWN', 65, 'destroy', '-n', 'gone')
    await cli.fails('BE_UNKNOWN', 65, 'destroy', '-Fn', 'gone')
    await cli.fails('BE_NOT_SHARED', 65, 'unshare', 'fb')
  })

  it('destroys one that is not in use; -n does not', async () => {
    await cli.done('destroy', '-n', 'plain')
    assert.ok((await cli.done('list', '-H')).includes('plain'))
    assert.equal((await cli.be('destroy', 'plain')).err, 'be: destroyed plain\n')
    assert.ok(!(await cli.done('list', '-H')).includes('plain'))
  })

  it('as user nobody: exit 77 and a hint, nothing is changed', async () => {
    const { status, err } = await cli.asNobody('create', 'mine')
    assert.equal(status, 77)
    assert.match(err, /^be: .*run as root.*\[BE_STORE_PERMISSION\]\n$/)
    const state = await cli.asNobody('list', '--state-dir', '/var/lib/nfs/nbe')
    assert.equal(state.status, 77)
    assert.match(state.err, /^be: .*\/var\/lib\/nfs\/nbe.*\[BE_STATE_PERMISSION\]\n$/)
    assert.ok(!(await cli.done('list', '-H')).includes('mine'))
  })
})
