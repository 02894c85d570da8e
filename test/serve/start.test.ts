import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAB, Lab } from '../rig/lab.ts'
import { assertFailure, CommandLine } from '../support/command-line.ts'

describe('be serve: reasons not to start', function () {
  this.timeout(60_000)
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    lab = await Lab.open()
  })
  beforeEach(() => {
    cli = new CommandLine(lab)
  })
  afterEach(() => cli.close())
  after(() => lab?.close())

  /** Does the work while another program has a port. */
  async function holding(code: string, work: () => Promise<void>): Promise<void> {
    const holder = lab.start([process.execPath, '-e', `${code}; console.log('held')`], { name: 'holder' })
    await holder.transcript.waitFor(/^held$/m, 10_000)
    await work()
    await holder.stop()
  }
  const udp = (port: number, address: string) =>
    `require('dgram').createSocket({type:'udp4',reuseAddr:true}).bind(${port},'${address}')`

  it('a DHCP server on all addresses that shares its port', () =>
    holding(udp(67, '0.0.0.0'), async () => {
      assert.match(await cli.fails('BE_PORT_TAKEN', 69, 'serve'), /192\.168\.77\.1:67 is in use by/)
    }))

  it('one on the lab address, in proxy mode too', () =>
    holding(udp(67, LAB.server), async () => {
      await cli.fails('BE_PORT_TAKEN', 69, 'serve', '--dhcp-mode', 'proxy')
    }))

  it('a TFTP server', () =>
    holding(udp(69, '0.0.0.0'), async () => {
      assert.match(await cli.fails('BE_PORT_TAKEN', 69, 'serve'), /UDP 192\.168\.77\.1:69/)
    }))

  it('a web server; with another port it does', () =>
    holding(`require('http').createServer().listen(8080,'0.0.0.0')`, async () => {
      assert.match(await cli.fails('BE_PORT_TAKEN', 69, 'serve'), /TCP 192\.168\.77\.1:8080/)
      await (await cli.serve('--http-port', '8081')).stop()
    }))

  it('another be serve on this state, which is named by its pid; not one that was killed', async () => {
    const first = await cli.serve()
    const line = await cli.fails(
      'BE_ALREADY_SERVING',
      69,
      'serve',
      '--http-port',
      '8081',
      '--tftp-port',
      '6969',
    )
    assert.ok(line.includes(`process ${cli.pid},`), line)
    await cli.signal('KILL')
    await first.ended
    await cli.serve()
  })

  it('commands work while it serves', async () => {
    await cli.serve()
    await cli.done('machine', 'add', 'm1', '02:00:00:00:00:01')
    assert.match(await cli.done('machine', 'list', '-H'), /^m1\t/)
  })

  it('serve --wait resolves when it answers, not when it has started; exit 75 when it does not', async () => {
    await cli.fails('BE_SERVE_LATE', 75, 'serve', '--wait', '0')
    const waiting = cli.be('serve', '--wait', '600')
    await cli.serve()
    assert.equal((await waiting).status, 0)
    await cli.done('serve', '--wait', '0')
  })

  it('tells systemd that it answers, once it does', async () => {
    const bin = join(cli.dir, 'bin')
    mkdirSync(bin)
    const told = join(cli.dir, 'told')
    const script = `#!/bin/sh\necho "$* $NOTIFY_SOCKET" >${told}; ls ${cli.state}/serve.ready >>${told}\n`
    writeFileSync(join(bin, 'systemd-notify'), script, { mode: 0o755 })
    cli.settings.NOTIFY_SOCKET = '/run/nobody'
    cli.settings.PATH = `${bin}:${process.env.PATH}`
    await cli.serve()
    assert.equal(readFileSync(told, 'utf8'), `--ready /run/nobody\n${cli.state}/serve.ready\n`)
  })

  it('missing rights: exit 77, for a port or the state', async () => {
    assertFailure(await cli.asNobody('serve'), 'BE_STATE_PERMISSION', 77)
    await cli.run(['install', '-d', '-o', '65534', '-g', '65534', cli.state])
    const { out } = await cli.run(['cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start'])
    assert.equal(out, '1024\n')
    assertFailure(await cli.asNobody('serve'), 'BE_PORT_PERMISSION', 77)
  })

  it('an address that this host does not have', async () => {
    const there = ['--lab-address', '10.77.0.1/24', '--lab-pool', '10.77.0.9-10.77.0.9']
    assert.match(
      await cli.fails('BE_ADDRESS_NOT_LOCAL', 78, 'serve', ...there),
      /10\.77\.0\.1 .*lab\.address/,
    )
  })

  it('a state directory that is a file, or on a read-only file system', async () => {
    const file = join(cli.dir, 'file')
    writeFileSync(file, '')
    await cli.fails('BE_STATE_NOT_DIRECTORY', 78, 'serve', '--state-dir', file)
    await cli.run(['mount', '-t', 'tmpfs', '-o', 'ro', 'ro', '/mnt'])
    await cli.fails('BE_STATE_PERMISSION', 77, 'serve', '--state-dir', '/mnt/nbe')
  })

  it('leases that cannot be written', async () => {
    await cli.run(['mkdir', '-p', join(cli.state, 'leases.log')])
    await cli.fails('BE_LEASE_LOG', 69, 'serve', '--nfs-driver', 'none')
  })

  it('a failed start leaves nothing behind: the next one succeeds', async () => {
    await holding(udp(67, '0.0.0.0'), async () => {
      await cli.fails('BE_PORT_TAKEN', 69, 'serve', '--nfs-driver', 'ganesha')
    })
    await cli.serve()
  })
})
