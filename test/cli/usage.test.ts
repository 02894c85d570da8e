import assert from 'node:assert/strict'
import { Lab } from '../rig/lab.ts'
import { BE } from '../support/built.ts'
import { CommandLine } from '../support/command-line.ts'

describe('be: the command line itself', () => {
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

  it('prints its version, and its commands', async () => {
    assert.match(await cli.done('--version'), /^\d+\.\d+\.\d+\n$/)
    const help = await cli.done('help')
    for (const verb of ['create', 'list', 'sharepxe', 'bootpxe', 'machine', 'wol|WoL', 'explain', 'serve']) {
      assert.ok(help.includes(`\n  ${verb}`), verb)
    }
    assert.ok(!help.includes('\n  --lab-pool'), 'thirty settings would hide the four options')
    const wide = help.split('\n').filter(line => /^ {2}/.test(line) && line.length > 80)
    assert.deepEqual(wide, [], 'commands and options are wrapped')
  })

  it('without a command prints the same, as a usage error', async () => {
    const { status, out, err } = await cli.be()
    assert.deepEqual([status, out], [64, ''])
    assert.match(err, /^Usage: be /)
  })

  it('helps with one command, one below another, and with all settings', async () => {
    assert.match(await cli.done('help', 'create'), /^Usage: be create \[options\] <be>\n/)
    assert.match(await cli.done('create', '--help'), /^Usage: be create /)
    assert.match(
      await cli.done('help', 'machine', 'add'),
      /^Usage: be machine add \[options\] <name> <mac>\n/,
    )
    assert.match(await cli.done('help', 'WoL'), /^Usage: be wol/)
    assert.match(await cli.done('help', 'settings'), /^lab\.pool +--lab-pool +NBE_LAB_POOL\n {4}\w/m)
    assert.match(await cli.done('help', 'errors'), /^BE_UNKNOWN +65, data\n {4}\w/m)
  })

  it('takes settings and common options anywhere on the line', async () => {
    for (const line of [
      ['--json', 'machine', 'list', '--state-dir', `${cli.dir}/other`],
      ['machine', '--state-dir', `${cli.dir}/other`, 'list', '--json'],
      [`--state-dir=${cli.dir}/other`, 'machine', 'list', '--json'],
    ]) {
      assert.deepEqual(JSON.parse(await cli.done(...line)), [], line.join(' '))
    }
    assert.equal(await cli.done('machine', 'list', '-nH'), '')
  })

  it('is not an error when its reader ends', async () => {
    const { status, err } = await cli.shell('be help settings | head -0; be list | head -0')
    assert.deepEqual([status, err], [0, ''])
    const { out } = await cli.shell('exec 3>&1; { be help settings; echo "status $?" >&3; } | true')
    assert.equal(out, 'status 0\n')
  })

  it('finishes its work although its reader has ended; reports other errors of its output', async () => {
    await cli.done('create', '-l', 'linux', 'b1')
    await cli.shell("printf 'ID=debian\\n' >/ROOT/b1/etc/os-release")
    const { err } = await cli.shell('exec 3>&2; { be prepare b1; echo "status $?" >&3; } | true')
    assert.match(err, /prepared b1: \d+ changes\nstatus 0\n$/)
    const full = await cli.shell('be list >/dev/full; exit $?')
    assert.match(full.err, /^be: cannot print: [^\n]*no space[^\n]*\[BE_OUTPUT\]\n$/)
    assert.equal(full.status, 1)
  })

  it('reports an older Node, without a stack trace', async () => {
    const old = 'Object.defineProperty(process, "versions", { value: { node: "20.20.2" } })'
    const script = `data:text/javascript,${encodeURIComponent(old)}`
    const { status, out, err } = await cli.run([process.execPath, '--import', script, BE, 'help'])
    assert.match(err, /^be: this is Node 20\.20\.2: expected 24 or newer; [^\n]*\[BE_NODE_VERSION\]\n$/)
    assert.deepEqual([status, out], [69, ''])
  })

  it('a missing or unreadable configuration file is an error with its name', async () => {
    assert.match(await cli.fails('BE_CONFIG_MISSING', 78, 'list', '-c', '/nonexistent'), /\/nonexistent/)
    assert.match(await cli.fails('BE_CONFIG_MISSING', 78, 'list', '-c', ''), /no file ""/)
    const line = await cli.fails('BE_CONFIG_UNREADABLE', 78, 'list', '-c', cli.dir)
    assert.equal(line.match(/\[BE_/g)?.length, 1, 'one code a line')
  })
})
