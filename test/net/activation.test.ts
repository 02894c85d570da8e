import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BE } from '../support/built.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const [SERVER_NS, CLIENT_NS] = [`nbe-act-s-${process.pid}`, `nbe-act-c-${process.pid}`]
const [LAB_MAC, WAN_MAC] = ['52:54:00:99:00:01', '52:54:00:99:00:02']

/**
 * Does what systemd does for ListenDatagram=0.0.0.0:67, 0.0.0.0:68, 0.0.0.0:69, BindToDevice= and FileDescriptorName=
 * of each device named in DEVICES: opens the sockets as descriptors 3, 4, 5…, then runs the service, here without
 * the right to bind low ports.
 */
const LAUNCHER = `
use Socket;
$^F = 20;
my (@keep, @names);
for my $device (split / /, $ENV{DEVICES}) {
  for my $port (67, 68, 69) {
    socket(my $s, AF_INET, SOCK_DGRAM, 17) or die "socket: $!";
    setsockopt($s, SOL_SOCKET, 25, "$device\\0") or die "bind to device: $!";
    bind($s, sockaddr_in($port, INADDR_ANY)) or die "bind: $!";
    push @keep, $s;
    push @names, $device;
  }
}
die "descriptors" unless fileno($keep[0]) == 3 && fileno($keep[-1]) == 2 + @keep;
$ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = @keep; $ENV{LISTEN_FDNAMES} = join ":", @names;
exec "setpriv", "--bounding-set", "-net_bind_service,-net_raw,-net_admin", @ARGV;
`

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })

describe('net/inherited: socket activation of be serve', () => {
  const tmp = temporaryDirectory()
  const children: ChildProcess[] = []
  let devices = 'lab'

  beforeEach(() => {
    devices = 'lab'
    for (const name of [SERVER_NS, CLIENT_NS]) ip('netns', 'add', name)
    for (const [link, mac, net] of [
      ['lab', LAB_MAC, '10.77.0'],
      ['wan', WAN_MAC, '10.88.0'],
    ] as const) {
      ip(
        'link',
        'add',
        link,
        'netns',
        SERVER_NS,
        'type',
        'veth',
        'peer',
        link,
        'address',
        mac,
        'netns',
        CLIENT_NS,
      )
      ip('-n', SERVER_NS, 'addr', 'add', `${net}.1/24`, 'dev', link)
      for (const ns of [SERVER_NS, CLIENT_NS]) ip('-n', ns, 'link', 'set', link, 'up')
    }
  })

  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    for (const name of [SERVER_NS, CLIENT_NS]) ip('netns', 'del', name)
  })

  function inside(ns: string, ...command: string[]): ChildProcess {
    const env = { ...process.env, DEVICES: devices }
    const child = spawn('ip', ['netns', 'exec', ns, ...command], { stdio: ['ignore', 'pipe', 'pipe'], env })
    children.push(child)
    return child
  }

  /** Reads lines of stderr into `into`; resolves at one that matches, fails when the program ends first. */
  function said(child: ChildProcess, what: RegExp, into: string[] = []): Promise<void> {
    return new Promise((done, failed) => {
      child.once('exit', code => failed(new Error(`ended with ${code}: ${into.join('\n')}`)))
      createInterface({ input: child.stderr! }).on('line', line => {
        into.push(line)
        if (what.test(line)) done()
      })
    })
  }

  /** Makes a file to serve; answers the argument vector of the service. */
  function launch(more: Record<string, string> = {}): string[] {
    for (const dir of ['ROOT', 'pxe', 'state']) mkdirSync(join(tmp.path, dir))
    writeFileSync(join(tmp.path, 'pxe/hello'), 'from the lab\n')
    const settings = {
      'lab-address': '10.77.0.1/24',
      'lab-pool': '10.77.0.100-10.77.0.110',
      'dhcp-mode': 'authority',
      'nfs-driver': 'none',
      'be-root': join(tmp.path, 'ROOT'),
      'state-dir': join(tmp.path, 'state'),
      'pxe-dir': join(tmp.path, 'pxe'),
      'log-level': 'debug',
      ...more,
    }
    const flags = Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
    return ['perl', '-e', LAUNCHER, process.execPath, BE, 'serve', ...flags]
  }

  /** A machine on this interface gets the first address of that network's pool, and a file by TFTP. */
  async function boots(link: string, net: string): Promise<void> {
    const script = join(tmp.path, `script-${link}`)
    writeFileSync(
      script,
      `#!/bin/sh\n[ "$1" = bound ] && ip addr replace "$ip/24" dev ${link} && echo "$ip" >&2\n`,
    )
    chmodSync(script, 0o755)
    const client = inside(CLIENT_NS, 'busybox', 'udhcpc', '-f', '-i', link, '-s', script)
    await said(client, new RegExp(`^${net.replaceAll('.', '\\.')}\\.100$`))
    const file = join(tmp.path, `got-${link}`)
    const fetch = inside(CLIENT_NS, 'busybox', 'tftp', '-g', '-r', 'hello', '-l', file, `${net}.1`)
    assert.deepEqual(await once(fetch, 'exit'), [0, null])
    assert.equal(readFileSync(file, 'utf8'), 'from the lab\n')
  }

  const BOTH = { 'dhcp-subnets': '10.88.0.0/24 address=10.88.0.1 pool=10.88.0.100-10.88.0.110' }

  it('serves two interfaces at once, each its own network, from its own address', async () => {
    devices = 'lab wan'
    const service = inside(SERVER_NS, ...launch(BOTH))
    const log: string[] = []
    await said(service, /^be: serving/, log)
    assert.ok(!log.some(line => /socket-unused|search-failed/.test(line)), log.join('\n'))
    await boots('wan', '10.88.0')
    await boots('lab', '10.77.0')
    service.kill('SIGTERM')
    assert.deepEqual(await once(service, 'exit'), [0, null])
  })

  it('refuses two interfaces with one socket for both: it would lease addresses of the wrong network', async () => {
    devices = 'lab'
    const service = inside(SERVER_NS, ...launch(BOTH))
    await said(service, /no socket that hears wan alone.*\[BE_INTERFACE_SOCKETS\]/)
  })

  it('needs no right to bind low ports, and receives from its own interface only', async () => {
    const service = inside(SERVER_NS, ...launch())
    const log: string[] = []
    await said(service, /^be: serving/, log)
    assert.ok(!log.some(line => /socket-unused|search-failed/.test(line)), log.join('\n'))

    const other = inside(CLIENT_NS, 'busybox', 'udhcpc', '-f', '-i', 'wan', '-s', '/bin/true')
    await said(other, /discover/)
    await boots('lab', '10.77.0')
    assert.ok(log.some(line => line.includes(LAB_MAC!)))
    assert.ok(!log.some(line => line.includes(WAN_MAC!)), 'it received from the other interface')

    service.kill('SIGTERM')
    assert.deepEqual(await once(service, 'exit'), [0, null], 'a socket kept it from ending')
  })
})
