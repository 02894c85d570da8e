import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { Lab } from '../rig/lab.ts'
import { CommandLine } from '../support/command-line.ts'
import { ensurePackages } from '../support/packages.ts'

const MAC = '02:00:00:00:00:01'
const IP = '192.168.77.9'
const BOOTER = resolve(import.meta.dirname, '../support/booter.ts')
const SCRIPT = resolve(import.meta.dirname, '../../guest/nbe-up')

describe('be bootpxe -t, wait, status, wol --wait, and a service that is killed in between', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine
  let station: string[]

  before(async () => {
    await ensurePackages(['busybox-static', 'nfs-ganesha', 'nfs-ganesha-vfs', 'rpcbind'])
    lab = await Lab.open()
    cli = new CommandLine(lab, { NBE_NFS_DRIVER: 'ganesha' })
    station = await lab.station('m1', `${IP}/24`)
    for (const be of ['b1', 'b2']) {
      await cli.done('create', '-l', 'freebsd', be)
      const files = ['boot/loader.efi', 'boot/kernel/kernel', 'bin/freebsd-version']
      await cli.shell(
        `cd /ROOT/${be}; for f in ${files.join(' ')}; do mkdir -p $(dirname $f); echo x > $f; done`,
      )
      await cli.done('sharenfs', be)
    }
    await cli.done('machine', 'add', 'm1', MAC, '--ip', IP)
    await cli.done('sharepxe', 'b1', 'm1')
    await cli.serve()
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  /** Boots the machine up to a stage; resolves with the loader variables that its kernel would get. */
  async function boot(stage: string, ...kill: string[]): Promise<Record<string, string>> {
    return JSON.parse(await lab.run([...station, process.execPath, BOOTER, MAC, IP, stage, ...kill]))
  }

  /** Runs the guest's script with these loader variables; resolves with its exit status. */
  async function report(told: Record<string, string>): Promise<number> {
    const words = ['nbe.url', 'nbe.session'].map(name => `${name}=${told[name]}`).join(' ')
    const env = ['env', 'NBE_PATIENCE=4', 'NBE_CMDLINE=/run/cmdline']
    await cli.shell(`echo '${words}' >/run/cmdline`)
    return (await cli.run([...station, ...env, '/bin/busybox', 'ash', SCRIPT])).status
  }

  const next = async (): Promise<string> => (await cli.done('status', 'm1', '-H')).split('\t')[4]!

  it('a mistake is one line', async () => {
    await cli.fails('BE_USAGE', 64, 'bootpxe', '-t', 'b2')
    await cli.fails('BE_USAGE', 64, 'bootpxe', '-t', '-T', 'b2', 'm1')
    await cli.fails('BE_MACHINE_UNKNOWN', 65, 'bootpxe', '-T', 'm2')
    await cli.fails('BE_MACHINE_UNKNOWN', 65, 'wait', 'm2')
    await cli.fails('BE_MACHINE_UNKNOWN', 65, 'status', 'm2')
    await cli.fails('BE_WAIT_FOR', 64, 'wait', 'm1', '--for', 'ever')
    await cli.fails('BE_USAGE', 64, 'wait', 'm1', '--timeout', 'soon')
  })

  it('a machine whose kernel is loaded by its host is refused: it sends no requests; nothing is changed', async () => {
    await cli.done(...['machine', 'add', 'n1', '02:00:00:00:00:09', '--kind', 'bhyve', '--firmware', 'none'])
    await cli.fails('BE_ONCE_UNSEEN', 69, 'bootpxe', '-t', 'b2', 'm1', 'n1')
    assert.equal(await next(), 'b1')
    await cli.fails('BE_ONCE_UNSEEN', 125, 'boot', '--on', 'bhyve', '-m', 'n1', 'b2', '--', 'true')
    await cli.done('machine', 'remove', 'n1')
  })

  it('-n says what would boot once, and changes nothing', async () => {
    const before = cli.files().get('nbe.db')
    const { err } = await cli.be('bootpxe', '-n', '-t', 'b2', 'm1')
    assert.match(err, /^be: m1 would boot b2 once, then b1$/m)
    assert.equal(await next(), 'b1')
    assert.equal(cli.files().get('nbe.db'), before)
  })

  it('is correct when the service is killed between loader and call-back', async () => {
    const { err } = await cli.be('bootpxe', '-t', 'b2', 'm1')
    assert.match(err, /^be: m1 will boot b2 once, then b1$/m)
    assert.equal(await next(), 'b2 (once)')
    // Killed as soon as the loader has its reply.
    const told = await boot('loader', join(cli.state, 'serve.pid'))
    assert.equal(told['boot.nfsroot.path'], '/ROOT/b2')
    assert.equal(await report(told), 1, 'nobody is there')
    const { err: warned } = await cli.be('status', 'm1')
    assert.equal(warned, 'be: warning: be serve does not run here: this is what it saw last\n')
    assert.match(
      await cli.fails('BE_WAIT_OVER', 75, 'wait', '-H', 'm1', '--timeout', '0'),
      /be serve does not run/,
    )
    await cli.serve()
    assert.equal(await next(), 'b2 (once)')
    const waiting = cli.be('wait', 'm1', '--timeout', '60')
    assert.equal(await report(told), 0)
    const waited = await waiting
    assert.equal(waited.status, 0)
    assert.match(waited.err, /^(be: m1: \w.*, \w+ next\n)*be: m1 is at up b2 \(call-back\)\n$/)
    assert.equal(await next(), 'b1')
    const { out: status, err: silent } = await cli.be('status', 'm1')
    assert.equal(silent, '')
    assert.match(status, /^heard {4}last \d{4}-/m)
    assert.match(status, /^runs {5}b2, since \d{4}-/m)
    assert.match(
      status,
      /^way {6}asked 0\.0, file .*, loader .*, up .* s; firmware, loader, os; handoff nfs$/m,
    )
    assert.match(
      await cli.done('log', 'm1'),
      / os os:up b2 .*evidence=call-back[\s\S]* once:done b2 .*next=b1/,
    )
  })

  it('takes back; waits for a stage and reports the present one; the token of an earlier boot is refused', async () => {
    await cli.done('bootpxe', '-t', 'b2', 'm1')
    const { err } = await cli.be('wait', 'm1', '--timeout', '0')
    assert.match(
      err,
      /m1 has not come to up in 0 s; it is at: not seen since it was asked for: expected asked next/,
    )
    const before = await boot('loader')
    const told = await boot('loader')
    await cli.done('wait', 'm1', '--for', 'loader', '--timeout', '5')
    const late = await cli.be('wait', 'm1', '--timeout', '1')
    assert.equal(late.status, 75)
    assert.match(
      late.err,
      /^be: m1: loader, kernel next\nbe: .*at: loader: expected kernel.*\[BE_WAIT_OVER\]\n$/,
    )
    assert.equal(await report(before), 1)
    assert.equal((await cli.be('bootpxe', '-T', 'm1')).err, 'be: m1 boots b1 again, not b2 once\n')
    assert.equal(await next(), 'b1')
    assert.equal(await report(told), 0, 'it is up all the same')
    assert.match(await cli.done('log', 'm1'), / once:taken-back b2 next=b1[\s\S]* os:up b2 /)
    const { failure, stage, uname } = JSON.parse(await cli.done('status', 'm1', '--json'))[0]
    assert.equal(stage, 'up')
    assert.match(failure.why, /^b2: it came to loader, expected kernel/)
    assert.match(uname, /^Linux /)
  })

  it('boots its permanent assignment after the time limit', async () => {
    await cli.signal('TERM')
    await cli.serve('--boot-once', '10')
    await cli.done('bootpxe', '-t', 'b2', 'm1')
    const waiting = cli.be('wait', 'm1', '--timeout', '60')
    await boot('file')
    const { status, err } = await waiting
    assert.equal(status, 75)
    assert.match(err, /m1 no longer boots b2 once; it is at: file: expected loader; .*\[BE_ONCE_OVER\]/)
    assert.match(
      await cli.done('log', 'm1'),
      / once:expired b2 level=warn stage=file expected=loader .*next=b1/,
    )
  })

  it('detects a machine that booted its own disk', async () => {
    await boot('disk')
    assert.match(
      await cli.fails('BE_OWN_DISK', 75, 'wait', '-H', 'm1'),
      /m1 runs what is on its own disk, not b1/,
    )
    assert.match(
      await cli.done('status'),
      /^m1 .* own disk .* \d{4}-\S+ b1: it booted its own disk instead$/m,
    )
  })

  it('be boot --on metal runs a command on the machine and passes on its exit status and output', async () => {
    const running = cli.be('boot', '--on', 'metal', '-m', 'm1', 'b2', '--', 'sh', '-c', 'echo hi; exit 4')
    // Until its next boot is requested, the machine is the one that booted its own disk.
    while ((await next()) !== 'b2 (once)');
    const begun = cli.be('wait', 'm1', '--for', 'loader', '--timeout', '60')
    await new Promise(done => setTimeout(done, 2000))
    assert.equal(await report(await boot('loader')), 0)
    const { status, out, err } = await running
    assert.deepEqual([status, out], [4, 'hi\n'], err)
    assert.equal((await begun).status, 0)
    assert.equal(await next(), 'b1')
    assert.equal((await cli.be('boot', '--on', 'metal', 'b2', '--', 'true')).status, 125)
    assert.match(
      (await cli.be('boot', '--on', 'qemu', '-m', 'm1', 'b2', '--', 'true')).err,
      /\[BE_MACHINE_KIND\]/,
    )
  })

  it('wol --wait: the first event of the machine', async () => {
    const silent = await cli.be('wol', 'm1', '--wait', '1')
    assert.equal(silent.status, 75)
    const verdict =
      /^be: sent on 192\.168\.77\.1 to 192\.168\.77\.255:9, .*; no packet from 02:00:00:00:00:01 in 1 s: /m
    assert.match(silent.err, verdict)
    const waking = cli.be('wol', 'm1', '-w', '30')
    await new Promise(done => setTimeout(done, 2000))
    await boot('asked')
    const { status, err } = await waking
    assert.equal(status, 0, err)
    assert.match(err, /^be: m1 asked for an address after \d+\.\d s$/m)
  })
})
