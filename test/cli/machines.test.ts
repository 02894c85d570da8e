import assert from 'node:assert/strict'
import { LAB, Lab } from '../rig/lab.ts'
import { BE } from '../support/built.ts'
import { CommandLine } from '../support/command-line.ts'

const MAC = '02:00:00:00:00:01'

describe('be machine, wol, explain, log', () => {
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    lab = await Lab.open()
    cli = new CommandLine(lab)
    await cli.done('machine', 'add', 'm1', '2:0:0:0:0:1', '--ip', '192.168.77.50', '--host', 'one.lab')
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  it('adds and lists machines, without passwords', async () => {
    const { err } = await cli.be(
      'machine',
      'add',
      'm2',
      '020000000002',
      '--password',
      '1.2.3.4',
      '--kind',
      'qemu',
    )
    assert.equal(err, 'be: added m2 (02:00:00:00:00:02)\n')
    assert.match(await cli.done('machine', 'list'), /^MACHINE {2}MAC .*BOOTS\nm1 .*one\.lab +-\nm2 /)
    assert.equal(
      (await cli.done('machine', 'ls', '-H')).split('\n')[0],
      `m1\t${MAC}\t192.168.77.50\tone.lab\t-`,
    )
    const all = await cli.done('--json', 'machine', 'list')
    assert.deepEqual(JSON.parse(all)[1], { name: 'm2', mac: '02:00:00:00:00:02', kind: 'qemu' })
    assert.ok(!all.includes('1.2.3.4'))
  })

  it('each mistake has its error, with -n as without', async () => {
    const add = (...args: string[]) => ['machine', 'add', ...args]
    for (const dry of [[], ['-n']]) {
      await cli.fails('BE_MACHINE_EXISTS', 1, ...add('M1', '02:00:00:00:00:09'), ...dry)
      await cli.fails('BE_MACHINE_MAC_TAKEN', 1, ...add('m9', MAC), ...dry)
      await cli.fails(
        'BE_MACHINE_IP_TAKEN',
        1,
        ...add('m9', '02:00:00:00:00:09', '--ip', '192.168.77.50'),
        ...dry,
      )
    }
    await cli.fails('BE_MAC_INVALID', 64, ...add('m9', 'zz'))
    await cli.fails('BE_MAC_NOT_UNICAST', 64, ...add('m9', 'ff:ff:ff:ff:ff:ff'))
    await cli.fails('BE_MACHINE_NAME', 64, ...add('192.168.77.9', '02:00:00:00:00:09'))
    await cli.fails('BE_MACHINE_IP', 64, ...add('m9', '02:00:00:00:00:09', '--ip', LAB.server))
    await cli.fails('BE_MACHINE_IP', 64, ...add('m9', '02:00:00:00:00:09', '--ip', '10.0.0.1'))
    await cli.fails('BE_MACHINE_IP', 64, ...add('m9', '02:00:00:00:00:09', '--ip', '999.1.1.1'))
    await cli.fails('BE_MACHINE_IP', 64, 'machine', 'set', 'm1', '--ip', 'gate')
    await cli.fails('BE_MACHINE_KIND', 64, ...add('m9', '02:00:00:00:00:09', '--kind', 'toaster'))
    await cli.fails('BE_WOL_PASSWORD', 64, ...add('m9', '02:00:00:00:00:09', '--password', 'x'))
    for (const verb of [['machine', 'remove'], ['wol'], ['explain'], ['log']]) {
      assert.match(await cli.fails('BE_MACHINE_UNKNOWN', 65, ...verb, 'm11'), /did you mean m1/)
    }
    await cli.fails('BE_EXPLAIN_AS', 64, 'explain', 'm1', '--as', 'toaster')
    await cli.fails('BE_MAC_INVALID', 64, 'machine', 'set', 'm1', '--mac', '-')
  })

  it('--json: the changed machine, without its password', async () => {
    const mac = '02:00:00:00:00:04'
    const told = async (...args: string[]) => JSON.parse(await cli.done('machine', ...args, '--json'))
    const added = await told('add', 'm4', mac, '--password', '1.2.3.4')
    assert.deepEqual(added, { name: 'm4', mac })
    assert.deepEqual(await told('set', 'm4', '--kind', 'qemu'), { name: 'm4', mac, kind: 'qemu' })
    assert.deepEqual(await told('remove', 'm4'), { name: 'm4', mac, kind: 'qemu' })
  })

  it('-n sends no packet and does not change the state', async () => {
    const before = cli.files()
    const sent = await packetsSent(cli)
    assert.match(
      (await cli.be('wol', '-n', 'm1')).err,
      /^be: would send a magic packet for 02:00:00:00:00:01 /,
    )
    assert.equal(await cli.done('wol', '-n', 'm1', '--json'), '')
    await cli.done('-n', 'machine', 'add', 'm3', '02:00:00:00:00:03')
    await cli.done('machine', 'remove', 'm1', '-n')
    assert.deepEqual(cli.files(), before)
    assert.equal(await packetsSent(cli), sent)
  })

  it('wakes by name, by MAC, and in capitals; reports where packets were sent', async () => {
    const sent = await packetsSent(cli)
    const { out, err } = await cli.be('WoL', 'm1')
    assert.equal(out, '')
    assert.equal(
      err,
      `be: magic packet for ${MAC} sent from ${LAB.server} to 192.168.77.255:9, 192.168.77.255:7, 255.255.255.255:9, 255.255.255.255:7\n`,
    )
    assert.equal(await packetsSent(cli), sent + 4)
    const woken = JSON.parse(await cli.done('wol', '02-00-00-00-00-77', '--json', '-p', '1.2.3.4'))
    assert.deepEqual([woken.mac, woken.bytes, woken.sent.length], ['02:00:00:00:00:77', 106, 4])
    await cli.fails('BE_WOL_PASSWORD', 64, 'wol', 'm1', '-p', 'x')
    await cli.fails(
      'BE_ADDRESS_NOT_LOCAL',
      78,
      'wol',
      'm1',
      '--lab-address',
      '10.77.0.1/24',
      '--lab-pool',
      '10.77.0.9-10.77.0.9',
    )
  })

  it('wakes a MAC although the state cannot be read', async () => {
    const { status, err } = await cli.be('wol', MAC, '--state-dir', '/etc/passwd')
    assert.equal(status, 0)
    assert.match(err, /^be: magic packet for /m)
  })

  it('log: text, JSON lines, one machine, the last N', async () => {
    const lines = (await cli.done('log')).trimEnd().split('\n')
    assert.equal(lines.length, 2)
    assert.match(lines[0]!, /^\S+ m1 - wol:sent - to=192\.168\.77\.255:9,/)
    const [record] = (await cli.done('log', '--json', 'M1'))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual([record.machine, record.mac, record.event], ['m1', MAC, 'wol:sent'])
    assert.match(await cli.done('log', '-l', '1'), /^\S+ 02:00:00:00:00:77 [^\n]*\n$/)
    assert.equal(await cli.done('log', 'm2'), '', 'known, and nothing happened to it')
    assert.equal(await cli.done('log', '02:00:00:00:00:99'), '')
  })

  it('log -f goes on when the file is rotated', async () => {
    const follow = cli.lab.start([process.execPath, BE, 'log', '-f', '--json'], {
      name: 'be log',
      env: cli.settings,
    })
    await follow.transcript.waitFor(/00:77"/, 10_000)
    await cli.run(['mv', `${cli.state}/sessions.jsonl`, `${cli.state}/sessions.jsonl.1`])
    await cli.done('wol', '02:00:00:00:00:88')
    await follow.transcript.waitFor(/00:88"/, 10_000)
    assert.equal(follow.transcript.text.match(/00:77"/g)?.length, 1, 'nothing twice')
    await follow.stop()
  })

  it('log -f ends when its reader has gone, without a new event', async () => {
    assert.match((await cli.shell('be log -f | head -1')).out, /^\S+ m1 - wol:sent .*\n$/)
    const { out } = await cli.shell('exec 3>&1; { be log -f; echo "status $?" >&3; } | true')
    assert.equal(out, 'status 0\n')
  })

  it('the log of a removed machine remains', async () => {
    assert.equal((await cli.be('machine', 'rm', 'M1')).err, `be: removed m1 (${MAC})\n`)
    await cli.fails('BE_MACHINE_UNKNOWN', 65, 'explain', 'm1')
    assert.match(await cli.done('log', 'm1'), / m1 - wol:sent /)
  })

  it('explains unknown MACs too, as text and as JSON', async () => {
    assert.match(
      await cli.done('explain', MAC),
      /^unknown machine 02:00:00:00:00:01 asks as firmware \(uefi amd64\): assumed: it has not been seen\n/,
    )
    const { reply, decisions } = JSON.parse(await cli.done('explain', MAC, '--as', 'http', '--json'))
    assert.equal(reply.file, null)
    assert.match(decisions[0].value, /no boot environment is assigned/)
  })
})

/** UDP datagrams that this network namespace has sent: all of them are magic packets. */
async function packetsSent(cli: CommandLine): Promise<number> {
  const { out } = await cli.run(['cat', '/proc/net/snmp'])
  const [names, values] = out.split('\n').filter(line => line.startsWith('Udp:'))
  return Number(values!.split(' ')[names!.split(' ').indexOf('OutDatagrams')])
}
