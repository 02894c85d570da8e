import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { awaitCommand, requestCommand } from '../../src/verbs/boots/guest-command.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { waitForMachine } from '../../src/verbs/boots/wait.ts'
import { setMachine } from '../../src/verbs/machines/set.ts'
import { wakeMachine } from '../../src/verbs/machines/wake.ts'
import { beError } from '../support/errors.ts'
import { callBackOf, INSTALLED, type Variables } from './clients.ts'
import { MAC, MINUTE, OneMachine } from './one-machine.ts'

const SECOND_MS = 1000

describe('a machine that is off, or silent, is not up', () => {
  const rig = new OneMachine()
  const { run, pass, boot, up, status } = rig

  const wait = (seconds = 1, stage = 'up') =>
    run(waitForMachine(rig.site.lab, { machine: 'm1', stage, seconds }))

  async function say(variables: Variables, what: 'beat' | 'down'): Promise<number> {
    const { url, session } = callBackOf(variables)
    return (await run(rig.machine.host.fetch(`${url}/${session}/${what}`))).status
  }

  /** Its heartbeat for so long (ms). */
  async function beats(variables: Variables, ms: number, interval = 30): Promise<void> {
    for (let passed = 0; passed < ms; passed += interval * SECOND_MS) {
      await pass(interval * SECOND_MS)
      assert.equal(await say(variables, 'beat'), 200)
    }
  }

  async function booted(interval = 30): Promise<Variables> {
    await rig.start({ 'boot.heartbeat': String(interval) })
    const variables = await boot()
    assert.equal((await up(rig.machine, variables, true)).text, `beat ${interval}\n`)
    return variables
  }

  it('is up by its heartbeat for days, on the disk every five seconds, in no line of the log', async () => {
    const variables = await booted(1800)
    await beats(variables, 50 * 60 * MINUTE, 1800)
    await pass(5 * SECOND_MS)
    const { stage, evidence, seen, silent } = status()
    assert.deepEqual([stage, evidence, silent], ['up', 'heartbeat', null])
    assert.ok(Date.parse(seen!) >= rig.site.net.clock.now() - 6 * SECOND_MS)
    assert.equal((await wait()).evidence, 'heartbeat')
    assert.equal(rig.site.count('os:beat') + rig.site.count('os:silent'), 0)
  })

  it('is off when the command for its power says so, and asks no more; a command that fails says nothing', async () => {
    const variables = await booted()
    const { lab } = rig.site
    setMachine(lab, { machine: 'm1', fields: { powerStatus: 'ipmitool -H m1-bmc chassis power status' } })
    const asked: string[][] = []
    let answer = 'Chassis Power is on'
    const ask = async (argv: string[]) => {
      asked.push(argv)
      if (answer === '') throw new Error('no route to host')
      return { stdout: answer, stderr: '' }
    }
    Object.assign(lab, { run: ask })
    await beats(variables, MINUTE)
    assert.deepEqual(asked.at(-1), ['ipmitool', '-H', 'm1-bmc', 'chassis', 'power', 'status'])
    answer = ''
    await beats(variables, MINUTE)
    assert.equal(status().stage, 'up')
    answer = 'Chassis Power is off'
    await pass(31 * SECOND_MS)
    const { stage, off, runs } = status()
    assert.deepEqual([stage, off?.by, runs], ['off', 'power', null])
    await assert.rejects(wait(), beError('BE_WAIT_OVER', /at: off since/))
    const before = asked.length
    await pass(5 * MINUTE)
    assert.equal(asked.length, before)
  })

  it('is silent after three missed ones: be wait does not take it for up, nor be status for running', async () => {
    const variables = await booted()
    await beats(variables, MINUTE)
    const last = rig.site.net.clock.now()
    await pass(89 * SECOND_MS)
    assert.equal(status().stage, 'up')
    await pass(7 * SECOND_MS)
    const { stage, runs, since, silent, evidence, booting } = status()
    assert.deepEqual([stage, runs, since, evidence, booting], ['silent', null, null, 'heartbeat', 'fb14'])
    assert.ok(Math.abs(Date.parse(silent!) - last) < SECOND_MS)
    assert.equal(rig.site.last('os:silent')?.detail?.seconds, 90)
    await assert.rejects(
      wait(),
      beError('BE_WAIT_OVER', /at: silent since .*heartbeat before.*a sign of life next/),
    )
    await say(variables, 'beat')
    await pass(6 * SECOND_MS)
    assert.deepEqual([status().stage, status().silent, rig.site.count('os:back')], ['up', null, 1])
  })

  it('is off when its system says that it shuts down, and up again in its next boot only', async () => {
    const variables = await booted()
    await say(variables, 'down')
    await pass(200)
    const { stage, runs, off } = status()
    assert.deepEqual([stage, runs, off?.by], ['off', null, 'call-back'])
    rig.site.lab.sessionLog.emit({ event: 'nfs:traffic', mac: MAC, be: 'fb14', detail: { calls: 9 } })
    await pass(6 * SECOND_MS)
    await assert.rejects(wait(), beError('BE_WAIT_OVER', /at: off since/))
    await assert.rejects(wait(1, 'kernel'), beError('BE_WAIT_OVER', /at: off since/))
    await up(rig.machine, await boot(), true)
    assert.equal((await wait()).evidence, 'call-back')
  })

  it('was not heard while the service did not run: silent only when nothing comes afterwards', async () => {
    const variables = await booted()
    await rig.site.stop()
    await pass(60 * MINUTE)
    await rig.site.serve()
    await pass(80 * SECOND_MS)
    assert.equal(status().stage, 'up')
    assert.equal(await say(variables, 'beat'), 200, 'the token still holds')
    await pass(20 * SECOND_MS)
    assert.equal(status().stage, 'up')
    await pass(80 * SECOND_MS)
    assert.equal(status().stage, 'silent')
  })

  it('is up by its NFS traffic although nbe-up was ended; DHCP may be that of its own disk', async () => {
    await booted()
    for (let n = 0; n < 20; n++) {
      rig.site.lab.sessionLog.emit({ event: 'nfs:traffic', mac: MAC, be: 'fb14', detail: { calls: 9 } })
      await pass(10 * SECOND_MS)
    }
    assert.deepEqual([status().stage, status().evidence], ['up', 'nfs'])
    for (let n = 0; n < 3; n++) {
      await run(rig.machine.dhcp(INSTALLED))
      await pass(40 * SECOND_MS)
    }
    assert.equal(status().stage, 'silent')
  })

  it('without heartbeat its evidence is shown with its time, and holds ten minutes (NFS) or a day (DHCP)', async () => {
    await rig.start()
    rig.site.nfs.udp = false // the kernel comes by TFTP
    await boot()
    await run(rig.machine.dhcp(INSTALLED))
    const at = rig.site.net.clock.now()
    await pass(3 * 60 * MINUTE)
    assert.deepEqual([status().stage, status().evidence], ['up', 'dhcp'])
    assert.ok(Math.abs(Date.parse(status().seen!) - at) < SECOND_MS)
    rig.site.lab.sessionLog.emit({ event: 'nfs:traffic', mac: MAC, be: 'fb14', detail: { calls: 9 } })
    await pass(9 * MINUTE)
    assert.deepEqual([status().stage, status().evidence], ['up', 'nfs'])
    await pass(2 * MINUTE)
    assert.equal(status().stage, 'silent')
    await boot()
    await run(rig.machine.dhcp(INSTALLED))
    await pass(23 * 60 * MINUTE)
    assert.equal(status().stage, 'up')
    await pass(2 * 60 * MINUTE)
    assert.equal(status().stage, 'silent')
  })

  it('of an earlier boot: be wait for a machine that was woken ends by its own boot', async () => {
    const variables = await booted()
    await pass(SECOND_MS)
    await run(wakeMachine(rig.site.lab, { machine: 'm1' }))
    await say(variables, 'beat')
    await assert.rejects(wait(), beError('BE_WAIT_OVER', /not seen since it was asked for/))
  })

  it('has no heartbeat where boot.heartbeat is 0, or its script is of an earlier version', async () => {
    await rig.start({ 'boot.heartbeat': '0' })
    assert.equal((await up(rig.machine, await boot(), true)).text, 'ok\n')
    await pass(60 * MINUTE)
    assert.deepEqual([status().stage, status().evidence], ['up', 'call-back'])
  })

  describe('a virtual machine', () => {
    /** Its state, as a supervisor writes it. */
    function vm(phase: string, more: object = {}): void {
      const dir = join(rig.site.lab.stateDir, 'vm/m1')
      mkdirSync(dir, { recursive: true })
      const since = new Date(rig.site.net.clock.now()).toISOString()
      writeFileSync(
        join(dir, 'state.json'),
        JSON.stringify({ phase, machine: 'm1', since, undo: [], ...more }),
      )
    }
    const FAILED = { error: { code: 'BE_VM_FAILED', message: 'qemu ended with status 1: no memory' } }

    async function bootedVm(): Promise<void> {
      await booted()
      setMachine(rig.site.lab, { machine: 'm1', fields: { kind: 'qemu' } })
    }

    it('that ended is off, although its last heartbeat is not old, and says why', async () => {
      await bootedVm()
      await pass(SECOND_MS)
      vm('off')
      assert.deepEqual([status().stage, status().runs, status().off?.by], ['off', null, 'vm'])
      vm('failed', FAILED)
      assert.equal(status().off?.why, FAILED.error.message)
      await assert.rejects(
        wait(),
        beError('BE_WAIT_OVER', /at: off since .*: qemu ended with status 1: no memory/),
      )
    })

    it('whose supervisor was killed is off', async () => {
      await bootedVm()
      await pass(SECOND_MS)
      vm('running')
      assert.deepEqual([status().stage, status().off?.why], ['off', 'its supervisor was killed'])
    })

    it('that ends while it is waited for ends the wait, with the reason', async () => {
      await bootedVm()
      rig.site.lab.boots.recordWake(MAC, rig.site.net.clock.now() + 1)
      rig.site.net.clock.timer(30 * SECOND_MS, () => vm('failed', FAILED))
      const waiting = wait(600)
      await assert.rejects(waiting, beError('BE_MACHINE_OFF', /m1 is off since .*no memory/))
    })

    it('that ended before it was up ends the wait at once; one that was off before is waited for', async () => {
      await bootedVm()
      await pass(SECOND_MS)
      vm('off')
      await assert.rejects(wait(5), beError('BE_WAIT_OVER'))
      rig.site.lab.boots.recordWake(MAC, rig.site.net.clock.now())
      await pass(SECOND_MS)
      vm('failed', FAILED)
      await assert.rejects(wait(600), beError('BE_MACHINE_OFF'))
    })

    it('that ended is not waited for by the command that is to run in it', async () => {
      await bootedVm()
      const id = requestCommand(rig.site.lab, { machine: 'm1', be: 'fb14', command: ['make'], seconds: 60 })
      rig.site.net.clock.timer(30 * SECOND_MS, () => vm('failed', FAILED))
      const waiting = run(awaitCommand(rig.site.lab, { id, seconds: 600 }))
      await assert.rejects(waiting, beError('BE_COMMAND_LOST', /off since .*no memory/))
    })

    it('that has booted since, somewhere else, is what its boot says', async () => {
      await rig.start()
      vm('off')
      await pass(SECOND_MS)
      await run(sharePxe(rig.site.lab, { name: 'fb14', machines: ['m1'] }))
      await up(rig.machine, await boot(), true)
      setMachine(rig.site.lab, { machine: 'm1', fields: { kind: 'qemu' } })
      await pass(200)
      assert.equal(status().stage, 'up')
    })
  })
})
