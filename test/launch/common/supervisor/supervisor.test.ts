import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../../../src/host/run.ts'
import { bhyve } from '../../../../src/launch/bhyve.ts'
import { bhyveload } from '../../../../src/launch/bhyveload.ts'
import type { LaunchPlan } from '../../../../src/launch/common/launch.ts'
import { Supervisor } from '../../../../src/launch/common/supervisor/supervisor.ts'
import { type VmFiles, vmFiles } from '../../../../src/launch/common/vm/files.ts'
import { type Restart, readState, type VmState } from '../../../../src/launch/common/vm/state.ts'
import type { VmHost } from '../../../../src/launch/common/vm/vm.ts'
import { xen } from '../../../../src/launch/xen.ts'
import { connectLocal } from '../../../../src/net/local-socket.ts'
import type { Clock } from '../../../../src/net/net.ts'
import { nodeClock } from '../../../../src/net/node.ts'
import { beError } from '../../../support/errors.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'
import { boot, vmInput } from '../../inputs.ts'
import { StandIns } from '../../stand-ins/install.ts'

/** A clock whose timers are a hundred times as fast. */
const fastClock: Clock = { ...nodeClock, timer: (ms, work) => nodeClock.timer(ms / 100, work) }

describe('supervisor', function () {
  this.timeout(60_000)
  const tmp = temporaryDirectory()
  let standIns: StandIns
  let files: VmFiles
  let said: string[]
  let path: string | undefined

  beforeEach(() => {
    standIns = new StandIns(tmp.path)
    path = process.env.PATH
    process.env.PATH = standIns.path
    files = vmFiles(join(tmp.path, 'state'), 'head')
    mkdirSync(files.dir, { recursive: true })
    mkdirSync(join(tmp.path, 'head/boot/kernel'), { recursive: true })
    writeFileSync(join(tmp.path, 'head/boot/kernel/kernel'), '')
    said = []
    printed = ''
  })
  afterEach(() => {
    process.env.PATH = path
  })

  const host = (): VmHost => ({
    ...vmInput().host,
    dir: files.dir,
    bridge: { name: 'bridge0', uplink: 'em0' },
    bhyveFirmware: join(tmp.path, 'head/boot/kernel/kernel'),
  })
  const be = () => ({ ...boot.be!, path: join(tmp.path, 'head') })
  const loaded = (): LaunchPlan => bhyveload.plan(vmInput({ be: be(), host: host() }))

  let printed: string
  const supervisor = (plan: LaunchPlan, restart: Restart = 'never', clock = fastClock): Supervisor => {
    const output = (data: Buffer) => {
      printed += data
    }
    const say = (line: string) => said.push(line)
    return new Supervisor(files, { plan, restart }, { clock, platform: 'freebsd', run, say, output })
  }

  /** Waits until the machine is in this phase. */
  async function reached(phase: VmState['phase']): Promise<VmState> {
    for (;;) {
      const state = await readState(files)
      if (state?.phase === phase) return state
      await new Promise(done => setTimeout(done, 10))
    }
  }

  /** Waits until the machine has booted this often in the test and handles its power button. */
  async function up(boots = 1): Promise<VmState> {
    while (printed.split('booted').length <= boots) await new Promise(done => setTimeout(done, 10))
    return reached('running')
  }

  const clean = () => {
    const { interfaces, vms } = standIns.world
    assert.deepEqual(Object.keys(interfaces), ['em0'], 'taps and bridges that were made are gone')
    assert.deepEqual(vms, {}, 'no machine keeps its memory')
  }

  const callsOf = (program: string) => standIns.calls.filter(line => line.split(' ')[0] === program)

  it('nobody else may write to what a hypervisor makes, as the socket that controls it', async () => {
    const umask = process.umask(0)
    try {
      await supervisor(loaded()).run()
      assert.equal(process.umask() & 0o022, 0o022)
    } finally {
      process.umask(umask)
    }
  })

  it('bhyve: status 0 loads and boots again, 1 is off, and all steps are undone', async () => {
    standIns.set({ statuses: [0, 0, 1] })
    const state = await supervisor(loaded()).run()
    assert.deepEqual([state.phase, state.boots, state.undo], ['off', 3, []])
    assert.equal(callsOf('bhyveload').length, 3)
    assert.equal(callsOf('bhyve').length, 3)
    assert.equal(callsOf('bhyvectl').length, 3)
    assert.equal(readFileSync(files.consoleLog, 'utf8'), 'head booted\r\n'.repeat(3))
    clean()
  })

  it('a machine that stopped on an internal error has failed, with what its hypervisor said', async () => {
    const program = join(tmp.path, 'hypervisor.ts')
    const socket = join(files.dir, 'qmp')
    writeFileSync(
      program,
      `import { createServer } from 'node:net'
      console.error('KVM internal error. Suberror: 1\\nemulation failure\\nRAX=0 RBX=0\\nCode=ff ff')
      createServer(peer => {
        peer.write('{"QMP": {}}\\n')
        peer.on('data', () => peer.write('{"return": {"status": "internal-error", "running": false}}\\n'))
      }).listen(${JSON.stringify(socket)})`,
    )
    const main = { what: 'run', argv: [process.execPath, program] }
    const plan: LaunchPlan = { launch: 'qemu', be: 'head', machine: 'head', before: [], main, qmp: socket }
    const { phase, error } = await supervisor(plan, 'never', nodeClock).run()
    assert.equal(phase, 'failed')
    assert.equal(error?.code, 'BE_VM_FAILED')
    assert.match(error!.message, /stopped on an internal error: KVM internal error\. Suberror: 1$/)
    assert.match(said.join('\n'), /emulation failure[\s\S]*the machine has stopped: internal-error/)
  })

  it('bhyve: status 2 is off; a triple fault and an error are failures', async () => {
    for (const [status, phase, message] of [
      [2, 'off', undefined],
      [3, 'failed', /^bhyve ended with status 3$/],
      [4, 'failed', /^bhyve ended with status 4$/],
    ] as const) {
      standIns.set({ statuses: [status] })
      const state = await supervisor(loaded()).run()
      assert.equal(state.phase, phase)
      if (message !== undefined) assert.match(state.error!.message, message)
      clean()
    }
  })

  it('a hypervisor that refuses its arguments: its message, and all steps undone', async () => {
    const plan = loaded()
    const argv = plan.main.argv.map(word => (word === 'com1,stdio' ? 'com9,stdio' : word))
    const state = await supervisor({ ...plan, main: { ...plan.main, argv } }).run()
    assert.match(
      state.error!.message,
      /^bhyve ended with status 4: bhyve: invalid lpc device configuration 'com9,stdio'$/,
    )
    clean()
  })

  it('a kernel that cannot be loaded: bhyveload’s message, and the machine is destroyed', async () => {
    standIns.set({ vms: { head: { memory: '1', environment: [] } } })
    const plan = bhyveload.plan(vmInput({ be: { ...be(), path: '/nowhere' }, host: host() }))
    const state = await supervisor(plan).run()
    assert.match(state.error!.message, /^bhyveload -h \/nowhere .* Could not open '\/nowhere'$/)
    assert.equal(callsOf('bhyve').length, 0)
    clean()
  })

  it('after a step that failed those before it are undone, and not the failed one', async () => {
    standIns.set({ interfaces: { em0: {}, tap1029: {} }, vms: {}, statuses: [], calls: [] })
    const state = await supervisor(loaded()).run()
    assert.match(state.error!.message, /^ifconfig tap1029 create .*File exists$/)
    assert.deepEqual(Object.keys(standIns.world.interfaces), ['em0', 'tap1029'])
  })

  it('a missing program is an error', async () => {
    const plan = loaded()
    const state = await supervisor({ ...plan, main: { what: 'run', argv: ['no-such-hypervisor'] } }).run()
    assert.equal(state.error!.code, 'BE_PROGRAM_MISSING')
    clean()
  })

  it('a bridge of ours stays while it has other members', async () => {
    standIns.set({
      interfaces: { em0: {}, tap7: {}, bridge0: { description: 'nbe', members: ['em0', 'tap7'] } },
      vms: {},
      statuses: [1],
      calls: [],
    })
    await supervisor(loaded()).run()
    assert.deepEqual(standIns.world.interfaces.bridge0!.members, ['em0', 'tap7'])
    standIns.set({
      interfaces: { em0: {}, bridge0: { description: 'nbe', members: ['em0'] } },
      vms: {},
      statuses: [1],
      calls: [],
    })
    await supervisor(loaded()).run()
    clean()
  })

  it('two machines on one bridge: start and stop of one do not disturb the other', async () => {
    const neighbour = { name: 'next', mac: '02:01:02:03:04:06' }
    const nextFiles = vmFiles(join(tmp.path, 'state'), 'next')
    mkdirSync(nextFiles.dir, { recursive: true })
    const say = (line: string) => said.push(line)
    const ground = { clock: fastClock, platform: 'freebsd', run, say } as const
    const plan = bhyveload.plan(vmInput({ be: be(), host: host(), machine: neighbour }))
    const next = () => new Supervisor(nextFiles, { plan, restart: 'never' }, ground)
    const running = async () => {
      while (
        !existsSync(nextFiles.consoleLog) ||
        !/booted/.test(readFileSync(nextFiles.consoleLog, 'latin1'))
      ) {
        await new Promise(done => setTimeout(done, 10))
      }
    }
    const one = supervisor(loaded())
    const other = next()
    standIns.set({ statuses: ['wait', 'wait', 'wait'] })
    const ended = [one.run(), other.run()]
    await Promise.all([up(), running()])
    assert.deepEqual(standIns.world.interfaces.bridge0!.members!.toSorted(), ['em0', 'tap1029', 'tap1030'])
    await one.stop(true)
    await ended[0]
    // The last machine stops while another starts.
    const again = supervisor(loaded())
    const started = up(printed.split('booted').length)
    ended.push(again.run())
    await Promise.all([other.stop(true), started])
    await ended[1]
    assert.deepEqual(standIns.world.interfaces.bridge0!.members, ['em0', 'tap1029'])
    await again.stop(true)
    for (const { phase, error } of await Promise.all(ended))
      assert.deepEqual([phase, error], ['off', undefined])
    assert.deepEqual(said, [])
    clean()
  })

  it('a bridge of ours stays for a machine that is not a member yet, as Xen’s are added late', async () => {
    const nextFiles = vmFiles(join(tmp.path, 'state'), 'next')
    mkdirSync(nextFiles.dir, { recursive: true })
    const own = { firmware: 'bios' } as const
    const neighbour = { name: 'next', mac: '02:01:02:03:04:06', hardware: own }
    const nextHost = { ...host(), dir: nextFiles.dir }
    const plan = xen.plan(vmInput({ be: be(), host: nextHost, machine: neighbour }))
    const ground = { clock: fastClock, platform: 'freebsd', run, say: () => {} } as const
    standIns.set({ statuses: ['wait', 'wait'] })
    const one = supervisor(xen.plan(vmInput({ be: be(), host: host(), own })))
    const ended = one.run()
    await up()
    const other = new Supervisor(nextFiles, { plan, restart: 'never' }, ground)
    const otherEnded = other.run()
    const consoleOf = () =>
      existsSync(nextFiles.consoleLog) ? readFileSync(nextFiles.consoleLog, 'latin1') : ''
    while (!consoleOf().includes('booted')) await new Promise(done => setTimeout(done, 10))
    await one.stop(true)
    await ended
    assert.ok('bridge0' in standIns.world.interfaces)
    await other.stop(true)
    await otherEnded
    clean()
  })

  it('a reboot is planned again: a root that was made anew has another file handle', async () => {
    const replanned = join(tmp.path, 'plan.json')
    const text = JSON.stringify(loaded()).replaceAll('X631083b5dea37b8fX', 'X0011223344556677X')
    writeFileSync(replanned, text)
    const handles = () => callsOf('bhyveload').map(line => /nfshandle=(\S+)/.exec(line)![1])
    const start = (argv: string[]) => {
      standIns.set({ statuses: [0, 1], calls: [] })
      const job = { plan: loaded(), restart: 'never', replan: { argv, input: 'wanted' } } as const
      const say = (line: string) => said.push(line)
      return new Supervisor(files, job, { clock: fastClock, platform: 'freebsd', run, say }).run()
    }
    const before = 'X631083b5dea37b8fX'
    assert.equal((await start(['sh', '-c', `grep -q wanted && cat ${replanned}`])).phase, 'off')
    assert.deepEqual([handles(), said], [[before, 'X0011223344556677X'], []])
    assert.equal((await start(['sh', '-c', 'echo head is not shared >&2; exit 1'])).phase, 'off')
    assert.deepEqual(handles(), [before, before], 'falls back to the plan of the start')
    assert.match(said.join('\n'), /^it boots by the plan of its start: .*head is not shared/)
    clean()
  })

  it('the power button ends a machine, with firmware and without', async () => {
    const uefi = bhyve.plan(vmInput({ host: host(), own: { firmware: 'uefi' } }))
    for (const plan of [loaded(), uefi]) {
      standIns.set({ statuses: ['wait'] })
      const one = supervisor(plan)
      const ended = one.run()
      await up(printed.split('booted').length)
      await one.stop()
      const state = await ended
      assert.deepEqual([state.phase, state.error], ['off', undefined])
      clean()
    }
  })

  it('a machine that ignores its power button is killed; at once with now', async () => {
    // A power button without effect.
    const ignoring = { ...loaded(), powerOff: { what: 'press', argv: ['true'] } }
    for (const now of [false, true]) {
      standIns.set({ statuses: ['wait'] })
      const one = supervisor(ignoring)
      const ended = one.run()
      await up(printed.split('booted').length)
      await one.stop(now)
      assert.equal((await ended).phase, 'off')
      clean()
    }
  })

  it('restarts by its policy; off is not a failure', async () => {
    standIns.set({ statuses: [1, 3, 'wait'] })
    const always = supervisor(loaded(), 'always')
    const ended = always.run()
    assert.equal((await up(3)).boots, 3)
    await always.stop()
    assert.deepEqual([(await ended).boots, (await ended).phase], [3, 'off'])
    assert.ok(said.some(line => /bhyve ended with status 3/.test(line)))

    standIns.set({ statuses: [1, 1] })
    assert.equal((await supervisor(loaded(), 'on-failure').run()).boots, 1, 'off is no failure')
    clean()
  })

  it('a machine whose first boot fails at once is not restarted', async () => {
    standIns.set({ statuses: [4, 1] })
    const state = await supervisor(loaded(), 'always', nodeClock).run()
    assert.deepEqual([state.phase, state.boots], ['failed', 1])
  })

  it('its console is logged, and shared by all clients', async () => {
    standIns.set({ statuses: ['wait'] })
    const one = supervisor(loaded())
    const ended = one.run()
    await up()
    const received: string[] = ['', '']
    const connections = await Promise.all([connectLocal(files.console), connectLocal(files.console)])
    for (const [index, connection] of connections.entries()) {
      connection.onData(data => {
        received[index] = `${received[index]}${data}`
      })
    }
    while (!received.every(text => text.includes('head booted'))) await new Promise(setImmediate)
    connections[0]!.write(Buffer.from('hello'))
    while (!received.every(text => text.includes('typed hello'))) await new Promise(setImmediate)
    const closed = Promise.all(connections.map(one => new Promise<void>(done => one.onClose(() => done()))))
    await one.stop()
    await ended
    await closed
    assert.match(readFileSync(files.consoleLog, 'utf8'), /^head booted\r\ntyped hello/)
  })

  it('xen: create reads its file, shutdown ends it, and the file is removed', async () => {
    for (const firmware of ['bios', 'uefi', 'none'] as const) {
      standIns.set({ statuses: ['wait'] })
      const plan = xen.plan(vmInput({ be: be(), host: host(), own: { firmware } }))
      const one = supervisor(plan)
      const ended = one.run()
      await up(printed.split('booted').length)
      await one.stop()
      const state = await ended
      assert.deepEqual([state.phase, state.error], ['off', undefined], said.join('\n'))
      assert.ok(callsOf('xl').includes('xl shutdown -F head'))
      clean()
    }
  })

  it('a second start of the same machine is refused, and the first goes on', async () => {
    standIns.set({ statuses: ['wait'] })
    const one = supervisor(loaded())
    const ended = one.run()
    await up()
    await assert.rejects(supervisor(loaded()).run(), beError('BE_VM_RUNNING', /be vm stop head/))
    assert.equal((await readState(files))?.phase, 'running')
    await one.stop()
    await ended
    clean()
  })

  it('runs the undos of a killed supervisor before it begins', async () => {
    standIns.set({ statuses: ['wait'] })
    const one = supervisor(loaded())
    const ended = one.run()
    const killed = await up()
    await one.stop(true)
    await ended
    // The state that a killed supervisor leaves.
    writeFileSync(files.state, JSON.stringify(killed))
    standIns.set({
      interfaces: { em0: {}, tap1029: {}, bridge0: { description: 'nbe', members: ['em0', 'tap1029'] } },
      vms: { head: { memory: '1024', environment: [] } },
      statuses: [1],
      calls: [],
    })
    assert.equal((await supervisor(loaded()).run()).phase, 'off')
    assert.deepEqual(standIns.calls.slice(0, 4), [
      'bhyvectl --vm=head --destroy',
      'ifconfig tap1029 destroy',
      'ifconfig -a',
      'ifconfig bridge0 destroy',
    ])
    clean()
  })
})
