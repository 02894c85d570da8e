import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { SessionEvent } from '../../src/session/event.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const SERVER_NS = `nbe-dhcp-s-${process.pid}`
const CLIENT_NS = `nbe-dhcp-c-${process.pid}`
const MAC = '52:54:00:88:00:01'

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })

/** The script that udhcpc runs for each event. */
const SCRIPT = `#!/bin/sh
[ "$1" = bound ] && ip addr replace "$ip/24" dev lab
echo "$1 $ip $siaddr $boot_file $rootpath"
`

/**
 * Two network namespaces, connected by a veth pair. The server's has a second interface with the default route,
 * as a multi-homed host has.
 */
describe('dhcp between network namespaces', () => {
  const children: ChildProcess[] = []
  let directory: string
  let events: SessionEvent[]

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nbe-wire-'))
    for (const name of [SERVER_NS, CLIENT_NS]) ip('netns', 'add', name)
    const link = ['link', 'add', 'lab', 'netns', SERVER_NS, 'type', 'veth']
    ip(...link, 'peer', 'name', 'lab', 'address', MAC, 'netns', CLIENT_NS)
    ip('-n', CLIENT_NS, 'link', 'set', 'lab', 'up')
    ip('-n', SERVER_NS, 'link', 'add', 'wan', 'type', 'veth', 'peer', 'name', 'far')
    ip('-n', SERVER_NS, 'addr', 'add', '10.88.0.1/24', 'dev', 'wan')
    ip('-n', SERVER_NS, 'addr', 'add', '10.77.0.1/24', 'dev', 'lab')
    for (const name of ['far', 'wan', 'lab']) ip('-n', SERVER_NS, 'link', 'set', name, 'up')
    ip('-n', SERVER_NS, 'route', 'add', 'default', 'dev', 'wan')
    events = await startServer()
  })

  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    for (const name of [SERVER_NS, CLIENT_NS]) ip('netns', 'del', name)
    rmSync(directory, { recursive: true })
  })

  function inside(namespace: string, ...command: string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', namespace, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    return child
  }

  /** Calls `saw` for each line of output until it answers true; fails when the output ends first. */
  async function linesUntil(child: ChildProcess, saw: (line: string) => boolean): Promise<void> {
    let errors = ''
    child.stderr!.on('data', data => {
      errors += data
    })
    for await (const line of createInterface({ input: child.stdout! })) if (saw(line)) return
    assert.fail(`ended too early: ${errors}`)
  }

  /** The events as they come; resolves when the server listens. */
  async function startServer(): Promise<SessionEvent[]> {
    const seen: SessionEvent[] = []
    const server = inside(
      SERVER_NS,
      process.execPath,
      here('server-process.ts'),
      '10.77.0.1',
      join(directory, 'leases.log'),
    )
    await new Promise<void>((ready, failed) => {
      let errors = ''
      server.stderr!.on('data', data => {
        errors += data
      })
      server.once('exit', () => failed(new Error(errors)))
      createInterface({ input: server.stdout! }).on('line', line => {
        const event = JSON.parse(line) as SessionEvent
        if (event.event === 'ready') ready()
        else seen.push(event)
      })
    })
    return seen
  }

  it('udhcpc gets its lease by broadcast out of the lab interface, and renews it by unicast', async () => {
    const script = join(directory, 'script')
    writeFileSync(script, SCRIPT)
    chmodSync(script, 0o755)
    const client = inside(
      CLIENT_NS,
      'busybox',
      'udhcpc',
      '-f',
      '-i',
      'lab',
      '-s',
      script,
      '-O',
      'rootpath',
      '-t',
      '10',
    )
    const said: string[] = []
    await linesUntil(client, line => {
      said.push(line.trim())
      if (line.startsWith('bound')) client.kill('SIGUSR1')
      return line.startsWith('renew')
    })
    const lease = '10.77.0.130 192.168.77.1 be/test/boot/loader.efi 192.168.77.1:/ROOT/test'
    assert.deepEqual(said, ['deconfig', `bound ${lease}`, `renew ${lease}`])
    assert.match(
      readFileSync(join(directory, 'leases.log'), 'utf8'),
      / bound 52:54:00:88:00:01 10\.77\.0\.130 /,
    )
    // The ACK of the renewal is the last event, printed after udhcpc has received it.
    await until(() => events.filter(event => event.event === 'dhcp:ack').length === 2)
    const last = events.filter(event => event.event === 'dhcp:request').at(-1)
    assert.equal(last?.detail?.ciaddr, '10.77.0.130')
  })

  it('the npm package dhcp, an independent client, is bound', async () => {
    ip('-n', CLIENT_NS, 'addr', 'add', '10.77.0.50/24', 'dev', 'lab')
    ip('-n', CLIENT_NS, 'route', 'add', 'default', 'dev', 'lab')
    const client = inside(CLIENT_NS, process.execPath, here('npm-client.ts'), MAC)
    let state: { address?: string; server?: string; leasePeriod?: number; options?: object } = {}
    await linesUntil(client, line => {
      state = JSON.parse(line)
      return true
    })
    assert.deepEqual([state.address, state.server, state.leasePeriod], ['10.77.0.130', '10.77.0.1', 3600])
    await until(() => events.length >= 4)
    assert.deepEqual(
      events.map(event => event.event),
      ['dhcp:discover', 'dhcp:offer', 'dhcp:request', 'dhcp:ack'],
    )
  })

  it('finds udhcpd on the segment, but not the server of this host', async () => {
    const findServer = async () => {
      let found = ''
      await linesUntil(
        inside(SERVER_NS, process.execPath, here('find-other-server.ts'), '10.77.0.1'),
        line => {
          found = line
          return true
        },
      )
      return found
    }
    // This host's own server is running, and answers.
    assert.equal(await findServer(), 'none')
    ip('-n', CLIENT_NS, 'addr', 'add', '10.77.0.2/24', 'dev', 'lab')
    const conf = join(directory, 'udhcpd.conf')
    const files = ['lease_file', 'pidfile'].map(key => `${key} ${join(directory, key)}\n`).join('')
    writeFileSync(conf, `start 10.77.0.50\nend 10.77.0.60\nmax_leases 11\ninterface lab\n${files}`)
    writeFileSync(join(directory, 'lease_file'), '')
    const other = inside(CLIENT_NS, 'busybox', 'udhcpd', '-f', conf)
    await new Promise<void>(started => other.stderr!.on('data', text => /started/.test(text) && started()))
    // udhcpd reports that it has started before it listens.
    let found = await findServer()
    while (found === 'none') found = await findServer()
    assert.match(found, /^10\.77\.0\.2 is a DHCP server .*BE_DHCP_OTHER_SERVER/)
  })
})

/** Waits until the output of a server process has been read; mocha's time limit ends it otherwise. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(done => setTimeout(done, 5))
}
