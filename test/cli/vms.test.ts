import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StandIns } from '../launch/stand-ins/install.ts'
import { Lab } from '../rig/lab.ts'
import { BE } from '../support/built.ts'
import { CommandLine } from '../support/command-line.ts'
import { ensurePackages } from '../support/packages.ts'

const MAC = '02:00:00:00:00:01'

describe('be vm, bootpxe, bootnfs, console', function () {
  this.timeout(120_000)
  let lab: Lab
  let cli: CommandLine

  before(async () => {
    await ensurePackages([
      'nfs-ganesha',
      'nfs-ganesha-vfs',
      'rpcbind',
      'qemu-system-x86',
      'seabios',
      'ipxe-qemu',
    ])
    lab = await Lab.open()
    // Nested KVM often cannot run firmware.
    cli = new CommandLine(lab, {
      NBE_NFS_DRIVER: 'ganesha',
      // Several machines boot one of them.
      NBE_NFS_READONLY: 'true',
      NBE_VM_ACCEL: 'tcg',
      NBE_VM_TAB: '/run/vmtab',
    })
    await cli.done('create', '-l', 'freebsd', 'b1')
    const files = ['boot/loader.efi', 'boot/pxeboot', 'boot/kernel/kernel', 'bin/freebsd-version']
    await cli.shell(`cd /ROOT/b1; for f in ${files.join(' ')}; do mkdir -p $(dirname $f); echo x > $f; done`)
    await add('m1', MAC, '192.168.77.50')
    await add('m2', '02:00:00:00:00:02', '192.168.77.51')
    await cli.done('sharepxe', 'b1')
  })
  after(async () => {
    await cli?.be('vm', 'stop', '--all', '-F')
    await cli?.close()
    await lab?.close()
  })

  const add = (name: string, mac: string, ip: string) =>
    cli.done(
      'machine',
      'add',
      name,
      mac,
      '--ip',
      ip,
      '--kind',
      'qemu',
      '--firmware',
      'bios',
      '--memory',
      '64',
    )

  const links = async () => (await cli.run(['ip', '-br', 'link'])).out
  const stateOf = async (machine: string) => {
    const all = JSON.parse(await cli.done('vm', 'list', '--json'))
    return all.find((one: { machine: string }) => one.machine === machine)?.state
  }

  it('-n shows the script that start would run, and changes nothing', async () => {
    const before = cli.files()
    const { err } = await cli.be('bootpxe', '-n', 'b1', 'm1')
    assert.match(
      err,
      /^be: m1 would boot b1\nbe: would start m1 by qemu:\n# make .*\nmkdir .*\n# make tap000001\nip tuntap add /,
    )
    const script = err.slice(err.indexOf('# make'))
    assert.equal(await cli.done('emit', 'qemu', 'b1', '-m', 'm1'), script, 'emit prints what start would run')
    assert.deepEqual(cli.files(), before)
    assert.doesNotMatch(await links(), /tap/)
  })

  it('starts once: a second start is refused, and the machine runs on when be has ended', async () => {
    const { status, err } = await cli.be('bootpxe', 'b1', 'm1')
    assert.equal(status, 0, err)
    assert.match(err, /^be: m1 will boot b1\nbe: m1 runs b1 by qemu; be console m1 attaches to it\n$/)
    assert.match(await links(), /^tap000001 /m)
    const again = await cli.be('bootpxe', 'b1', 'm1')
    assert.match(again.err, /be: m1 runs already; .*\[BE_VM_RUNNING\]\n$/)
    assert.equal(again.status, 75)
    const before = cli.files().get('nbe.db')
    await cli.fails('BE_VM_RUNNING', 75, 'vm', 'start', 'm1')
    assert.equal(cli.files().get('nbe.db'), before, 'its boot is not waited for anew')
    assert.match(
      await cli.done('vm', 'list', '-H'),
      /^m1\tqemu\trunning\tb1\tqemu\t\S+\t1\tno\nm2\tqemu\toff\t-\t/,
    )
    assert.match(await cli.done('log', 'm1'), / m1 - vm:started b1 launch=qemu/)
  })

  it('console shows its output; ~. leaves, and the machine runs on', async () => {
    const console = cli.lab.start([process.execPath, BE, 'console', 'm1'], {
      name: 'be console',
      env: cli.settings,
    })
    await console.transcript.waitFor(/SeaBIOS|iPXE/, 30_000)
    assert.equal((await cli.be('console', '-n', 'm1')).err, 'be: would attach to the console of m1\n')
    console.type('\r~.')
    assert.match(await console.ended, /status 0/)
    assert.equal((await stateOf('m1')).phase, 'running')
    assert.match(readFileSync(join(cli.state, 'vm/m1/console.log'), 'latin1'), /SeaBIOS|iPXE/)
  })

  it('stop -F powers it off at once, and only its log remains', async () => {
    assert.equal((await cli.be('vm', 'stop', '-F', 'm1')).err, 'be: m1 is off\n')
    assert.equal((await cli.be('vm', 'stop', 'm1')).err, 'be: m1 was not running here\n')
    assert.doesNotMatch(await links(), /tap/)
    assert.equal((await cli.run(['pgrep', '-f', 'qemu-system|supervisor'])).out, '')
    assert.match(await cli.fails('BE_VM_OFF', 69, 'console', 'm1'), /be vm start m1; what it printed is in/)
  })

  it('after its supervisor was killed, the next command removes machine, tap and bridge', async () => {
    const bridge = ['--vm-bridge', 'br7']
    // Both need to create the bridge.
    await Promise.all(['m1', 'm2'].map(machine => cli.done('vm', 'start', machine, ...bridge)))
    assert.match(await links(), /^br7 /m)
    const { supervisor } = await stateOf('m1')
    await cli.run(['kill', '-KILL', String(supervisor)])
    assert.match(await cli.done('vm', 'list', '-n', '-H'), /^m1\tqemu\trunning/, '-n clears nothing away')
    assert.match(await links(), /tap000001/)
    assert.match((await cli.be('vm', 'list')).err, /^be: warning: m1: the supervisor of m1 was killed\n$/)
    assert.doesNotMatch(await links(), /tap000001/)
    assert.equal((await cli.run(['pgrep', '-f', 'qemu-system.*-name m1'])).out, '')
    assert.match(
      await links(),
      /^br7 [\s\S]*^tap000002/m,
      'its neighbour goes on, on the bridge that it made',
    )
    await cli.done('vm', 'stop', '-F', 'm2')
    assert.doesNotMatch(await links(), /br7|tap/, 'the last one takes away the bridge that we made')
  })

  it('restart boots its present assignment', async () => {
    await cli.done('vm', 'start', 'm1')
    await cli.shell('cp -a /ROOT/b1 /ROOT/b2')
    await cli.done('sharepxe', 'b2', 'm1')
    await cli.done('vm', 'restart', '-F', 'm1')
    assert.equal((await stateOf('m1')).be, 'b2')
    assert.match(
      await cli.fails('BE_IN_USE', 1, 'unshare', 'b2'),
      /b2 is run by m1 \(qemu\); .*unshare -f b2/,
    )
    assert.match(await cli.done('list', '-H', 'b2'), /\tm1 \(qemu\)\n$/)
    await cli.done('unshare', '-f', 'b2')
    await cli.fails('BE_NOT_SHARED', 65, 'vm', 'restart', '-F', 'm1')
    assert.equal((await stateOf('m1')).phase, 'running', 'what could not start again is not stopped')
    await cli.done('vm', 'stop', '-F', 'm1')
    await cli.done('sharepxe', 'b1', 'm1')
  })

  it('be boot --on qemu that fails leaves no running machine and no one-time assignment', async () => {
    const { status, err } = await cli.be(
      ...['boot', '--on', 'qemu', '-m', 'm1', '--timeout', '2', 'b1', '--', 'true'],
    )
    assert.equal(status, 125)
    assert.match(err, /^be: m1 boots b1 again, not b1 once$/m)
    assert.match(err, /\[BE_COMMAND_LATE\]\n$/)
    assert.equal((await stateOf('m1')).phase, 'off')
    assert.match(await cli.done('status', 'm1', '-H'), /\tb1\t/)
    const argv = ['boot', '--on', 'qemu', '-m', 'm1', 'b1', '--', 'true']
    const waiting = cli.start(...argv)
    await waiting.transcript.waitFor(/is to boot b1 and run true/, 30_000)
    await cli.kill(waiting, 'INT')
    assert.match(await waiting.ended, /status 130/)
    assert.equal((await stateOf('m1')).phase, 'off')
    assert.match(await cli.done('status', 'm1', '-H'), /\tb1\t/)
  })

  it('a machine that cannot be switched on does not stop the others, whatever the order', async () => {
    const add4 = ['machine', 'add', 'm4', '02:00:00:00:00:04', '--power']
    await cli.done(...add4, `sh -c 'echo no answer from 10.0.0.5 >&2; exit 3'`)
    await cli.done('machine', 'add', 'm5', '02:00:00:00:00:05')
    const { status, err } = await cli.be('bootpxe', 'b1', 'm4', 'm1', 'm5')
    assert.equal(status, 1)
    const lines = err.trimEnd().split('\n')
    assert.equal(lines.length, 5, err)
    assert.equal(lines[0], 'be: m4, m1, m5 will boot b1')
    assert.match(
      lines[1]!,
      /^be: m4: sh .* ended with status 3: no answer from 10\.0\.0\.5 \[BE_PROGRAM_FAILED\]$/,
    )
    assert.match(lines[2]!, /^be: m1 runs b1 by qemu/)
    assert.match(lines[3]!, /^be: magic packet for 02:00:00:00:00:05 sent/)
    assert.equal(lines[4], 'be: m4 could not be switched on; see the lines above [BE_MACHINES_FAILED]')
    const both = await cli.be('vm', 'start', 'm1', 'm4')
    assert.match(both.err, /^be: m1: m1 runs already; .*\nbe: m4: .*\nbe: m1, m4 could not be started; /)
    await cli.done('vm', 'stop', '-F', 'm1')
    await cli.done('machine', 'remove', 'm4')
    await cli.done('machine', 'remove', 'm5')
  })

  it('a machine that was removed while it ran can still be stopped', async () => {
    await cli.done('vm', 'start', 'm2')
    assert.match(
      await cli.fails('BE_MACHINE_RUNS', 1, 'machine', 'remove', 'm2'),
      /m2 runs b\d; .*remove -f m2/,
    )
    await cli.done('machine', 'remove', '-f', 'm2')
    assert.match(await cli.done('vm', 'list', '-H'), /^m2\t-\trunning\t/m)
    assert.equal((await cli.be('vm', 'stop', '-F', 'm2')).err, 'be: m2 is off\n')
    await add('m2', '02:00:00:00:00:02', '192.168.77.51')
  })

  it('vm start --all waits for be serve, with a limit: before, its exports are not there', async () => {
    await cli.shell(`echo 'm9 -' >/run/vmtab`)
    const { err } = await cli.be('vm', 'start', '--all', '--wait', '1')
    assert.match(
      err,
      /^be: warning: be serve does not answer after 1 s; .*\[BE_SERVE_LATE\]\nbe: no machine "m9"/,
    )
  })

  it('vmtab: starts the machines in order; one that fails does not stop the others', async () => {
    const tab = (text: string) => cli.shell(`cat >/run/vmtab <<'END'\n${text}\nEND`)
    await cli.done('sharepxe', 'b2', 'm1')
    await cli.done('unshare', 'b1')
    await tab('m1 bd/be/b1 auto always 0')
    await cli.fails('BE_NOT_SHARED', 65, 'vm', 'start', '--all', '--wait', '0')
    assert.match(await cli.done('status', 'm1', '-H'), /\tb2\t/, 'what cannot be started is not assigned')
    await cli.done('sharenfs', 'b1')
    await tab('m9 -\nm1 bd/be/b1 auto always 0\nm2 - no')
    const { status, err } = await cli.be('vm', 'start', '--all', '--wait', '0')
    assert.equal(status, 1)
    assert.match(
      err,
      /^be: m9: no machine "m9".*\nbe: m1 runs b1 by qemu.*\nbe: m9 could not be started; .*\[BE_MACHINES_FAILED\]\n$/,
    )
    const [m1, m2] = (await cli.done('vm', 'list', '-H')).split('\n')
    assert.match(m1!, /^m1\tqemu\trunning\tb1\t.*\tauto$/)
    assert.match(m2!, /^m2\tqemu\toff\t.*\tno$/)
    assert.equal((await stateOf('m1')).restart, 'always')
    assert.equal(
      (await cli.be('vm', 'start', '--all', '--wait', '0')).status,
      1,
      'what runs already is no failure',
    )
    assert.match(await cli.done('status', 'm1', '-H'), /\tb1\t/)
    assert.equal((await cli.be('vm', 'stop', '-A', '-F', '-n')).err, 'be: would pull the plug of m1\n')
    assert.equal((await cli.be('vm', 'stop', '-A', '-F')).err, 'be: m1 is off\n')
    assert.equal((await cli.be('vm', 'stop', '-A', '-F')).err, 'be: nothing runs here\n')
    await cli.done('unshare', 'b2')
    await tab('m1 - whenever')
    await cli.fails('BE_VMTAB', 78, 'vm', 'start', '--all', '--wait', '0')
    await tab('')
  })

  it('what keeps a machine from starting is reported before anything is changed', async () => {
    const nothing = async () => assert.doesNotMatch(await links(), /tap/)
    await cli.done('machine', 'add', 'm3', '02:00:00:00:00:03')
    assert.match(
      await cli.fails('BE_MACHINE_NO_KIND', 65, 'vm', 'start', 'm3'),
      /be machine set m3 --kind qemu/,
    )
    await cli.done('machine', 'set', 'm3', '--kind', 'bhyve', '--firmware', 'none', '--ip', '192.168.77.53')
    const missing = await cli.fails('BE_PROGRAM_MISSING', 69, 'vm', 'start', 'm3')
    assert.match(missing, /program bhyve is not installed; it belongs to the FreeBSD base system/)
    await cli.done('machine', 'set', 'm3', '--kind', 'metal')
    await cli.fails('BE_MACHINE_METAL', 65, 'vm', 'start', 'm3')
    await cli.fails('BE_USAGE', 64, 'vm', 'start')
    await cli.fails('BE_MACHINE_UNKNOWN', 65, 'vm', 'start', 'm1', 'm77')
    await cli.run(['ip', 'tuntap', 'add', 'dev', 'tap000001', 'mode', 'tap'])
    const taken = await cli.fails('BE_TAP_TAKEN', 69, 'vm', 'start', 'm1')
    assert.match(taken, /ip link delete tap000001/)
    await cli.run(['ip', 'link', 'delete', 'tap000001'])
    const lo = await cli.fails('BE_NO_BRIDGE', 78, 'vm', 'start', 'm1', '--vm-bridge', 'lo')
    assert.match(lo, /lo, which m1 would be plugged into, is no bridge/)
    await nothing()
  })

  it('missing firmware is reported with its package', async () => {
    await cli.done('machine', 'set', 'm2', '--firmware', 'uefi')
    const hide =
      'mount -t tmpfs none /usr/share/OVMF; be vm start m2; status=$?; umount /usr/share/OVMF; exit $status'
    const { status, err } = await cli.shell(hide)
    assert.match(err, /OVMF_CODE_4M\.fd is not there; apt-get install ovmf \[BE_FIRMWARE_MISSING\]\n$/)
    assert.equal(status, 69)
    await cli.done('machine', 'set', 'm2', '--firmware', 'bios')
  })

  it('a hypervisor that fails at once: its last output is reported, and nothing is left', async () => {
    const { status, err } = await cli.be('vm', 'start', 'm1', '--vm-accel', 'kvm', '--vm-cpu', 'no-such-cpu')
    assert.match(
      err,
      /^be: qemu-system-x86_64 ended with status 1: .*(no-such-cpu|KVM|kvm).*\[BE_VM_FAILED\]\n$/,
    )
    assert.equal(status, 1)
    assert.doesNotMatch(await links(), /tap/)
    assert.equal((await stateOf('m1')).phase, 'failed')
  })

  it('metal: the admin’s power command instead of a magic packet', async () => {
    await cli.done('machine', 'set', 'm3', '--power', `sh -c 'echo "$0" "$1" >/run/power' cycle "two words"`)
    assert.match(
      (await cli.be('bootpxe', 'b1', 'm3')).err,
      /^be: m3 will boot b1\nbe: m3 was switched on: sh did it\n$/,
    )
    assert.equal((await cli.run(['cat', '/run/power'])).out, 'cycle two words\n')
    assert.match(await cli.done('emit', 'metal', 'b1', '-m', 'm3'), /^# switch m3 on\nsh -c /)
    await cli.done('machine', 'set', 'm3', '--power', '-')
    assert.match((await cli.be('bootpxe', 'b1', 'm3')).err, /magic packet for 02:00:00:00:00:03 sent/)
  })

  it('bootnfs: loaded by bhyveload with a new handle, run by bhyve, shut down by its power button', async () => {
    const dir = join(cli.dir, 'freebsd')
    mkdirSync(dir)
    const standIns = new StandIns(dir)
    standIns.set({ interfaces: { br0: { members: [] } }, vms: {}, statuses: [0, 'wait'], calls: [] })
    const bhyve = async (...args: string[]) => {
      cli.settings.PATH = standIns.path
      try {
        return await cli.be(...args)
      } finally {
        delete cli.settings.PATH
      }
    }
    const { handle } = JSON.parse(await cli.done('sharenfs', 'b1', '--json'))
    await cli.done('machine', 'add', 'b1', '02:00:00:00:00:07', '--ip', '192.168.77.57', '--kind', 'bhyve')
    const { err } = await bhyve('bootnfs', 'bd/be/b1')
    assert.match(err, /^be: b1 runs b1 by bhyveload; /)
    const printed = () => readFileSync(join(cli.state, 'vm/b1/console.log'), 'latin1')
    while (printed().split('booted').length < 3) await new Promise(done => setTimeout(done, 20))
    const [loaded] = standIns.calls.filter(line => line.startsWith('bhyveload '))
    assert.ok(
      loaded!.includes(
        `-e boot.nfsroot.nfshandle=X${handle}X -e boot.nfsroot.nfshandlelen=${handle.length / 2} `,
      ),
    )
    assert.equal(standIns.calls.filter(line => line.startsWith('bhyve ')).length, 2, 'it rebooted once')
    // The tree is recreated while the machine runs; it gets the new handle when it reboots.
    await cli.done('unshare', '-f', 'b1')
    await cli.shell('mv /ROOT/b1 /ROOT/old && cp -a /ROOT/old /ROOT/b1 && rm -r /ROOT/old')
    const anew = JSON.parse(await cli.done('sharenfs', 'b1', '--json')).handle
    assert.notEqual(anew, handle)
    const { vms } = standIns.world
    standIns.set({ vms: { b1: { ...vms.b1!, reset: true } }, statuses: ['wait'] })
    while (printed().split('booted').length < 4) await new Promise(done => setTimeout(done, 20))
    assert.match(standIns.calls.findLast(line => line.startsWith('bhyveload '))!, new RegExp(`=X${anew}X `))
    assert.equal((await bhyve('vm', 'stop', 'b1')).err, 'be: b1 is off\n')
    assert.deepEqual(standIns.world.vms, {})
    assert.deepEqual(Object.keys(standIns.world.interfaces), ['br0'])
    await cli.fails('BE_UNKNOWN', 65, 'bootnfs', 'b22')
    assert.match(await cli.fails('BE_MACHINE_NEEDED', 64, 'bootnfs', 'b2'), /be bootnfs b2 MACHINE/)
  })

  it('foreground: on this terminal, until it is off or stopped', async () => {
    const program = cli.lab.start([process.execPath, BE, 'vm', 'start', '-f', 'm1'], {
      name: 'be vm start -f',
      env: cli.settings,
    })
    await program.transcript.waitFor(/SeaBIOS|iPXE/, 30_000)
    assert.match((await stateOf('m1')).phase, /^(starting|running)$/)
    await cli.fails('BE_VM_RUNNING', 75, 'vm', 'start', 'm1')
    assert.equal((await cli.be('vm', 'stop', '-F', 'm1')).err, 'be: m1 is off\n')
    await program.ended
    assert.doesNotMatch(await links(), /tap/)
  })

  it('each wrong hardware value has its error', async () => {
    const bad = (...args: string[]) => cli.fails('BE_MACHINE_HARDWARE', 64, 'machine', 'set', 'm1', ...args)
    assert.match(await bad('--memory', '1g'), /MiB/)
    assert.match(await bad('--firmware', 'coreboot'), /uefi, bios, none/)
    await bad('--cpus', '0')
    await bad('--nic', 'rtl8139')
    await bad('--disk', 'a.img')
    await bad('--disk', '/a,b')
    await bad('--bridge', 'a-name-that-is-too-long')
    await bad('--power', `sh -c 'open`)
    writeFileSync(join(cli.dir, 'tab'), 'm1 - auto never soon\n')
    await cli.fails('BE_VMTAB', 78, 'vm', 'list', '--vm-tab', join(cli.dir, 'tab'))
  })
})
