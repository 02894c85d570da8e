import assert from 'node:assert/strict'
import { BeError } from '../../src/errors/errors.ts'
import { sessionsFile } from '../../src/session/log.ts'
import { readRecords } from '../../src/session/read.ts'
import { bootPxe } from '../../src/verbs/boots/bootpxe.ts'
import { awaitCommand, requestCommand } from '../../src/verbs/boots/guest-command.ts'
import { takeBackOnce } from '../../src/verbs/boots/once.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { machineStatus } from '../../src/verbs/boots/status.ts'
import { waitForMachine } from '../../src/verbs/boots/wait.ts'
import { destroyEnvironment } from '../../src/verbs/environments/destroy.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { removeMachine } from '../../src/verbs/machines/remove.ts'
import { setMachine } from '../../src/verbs/machines/set.ts'
import { wakeMachine } from '../../src/verbs/machines/wake.ts'
import { awaitWakeAnswer } from '../../src/verbs/machines/wake-answer.ts'
import { explain } from '../../src/verbs/plans/explain.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import {
  callBackOf,
  freebsdLoader,
  INSTALLED,
  IPXE_EFI,
  ipxeKernelLine,
  LOADER,
  OVMF,
  OVMF_HTTP,
  readConf,
  reportUp,
  SimMachine,
  type Variables,
} from './clients.ts'
import { SERVER, SimSite } from './site.ts'

const MAC = '52:54:00:12:34:56'
const SECOND = '52:54:00:12:34:57'
const MINUTE = 60_000

describe('a boot, from its first packet to its call-back', () => {
  const tmp = temporaryDirectory()
  let site: SimSite
  let machine: SimMachine
  const run = <T>(goal: Promise<T>): Promise<T> => site.run(goal)
  const pass = (ms: number) => site.net.clock.advance(ms)

  async function start(flags: Parameters<typeof SimSite.start>[1] = {}): Promise<void> {
    site = await SimSite.start(tmp.path, flags)
    addMachine(site.lab, { name: 'm1', mac: MAC })
    await run(sharePxe(site.lab, { name: 'fb14', machines: ['m1'] }))
    machine = new SimMachine(site.net, MAC)
  }

  afterEach(async () => {
    await site.stop()
    await pass(100)
    assert.equal(site.net.clock.pending, 0, 'no timer left')
  })

  /** Firmware up to its loader; the kernel's environment. */
  async function boot(who = machine): Promise<Variables> {
    await firmware(who)
    return run(freebsdLoader(who, LOADER))
  }

  async function firmware(who = machine): Promise<void> {
    const ack = await run(who.dhcp(OVMF))
    await run(who.ovmfFetch(ack.siaddr, ack.file))
  }

  const up = async (who: SimMachine, variables: Variables) => run(reportUp(who, callBackOf(variables)))
  const boots = () => site.lab.assignments.assignmentOf('m1')
  const status = () => machineStatus(site.lab, { machine: 'm1' }).machines[0]!

  it('reports up with the URL and token of its loader, and the record names the proof', async () => {
    await start()
    const variables = await boot()
    assert.equal(variables.get('nbe.url'), `http://${SERVER}:8080/s`)
    assert.match(variables.get('nbe.session')!, /^[\w-]{22}$/)
    assert.deepEqual(await up(machine, variables), { status: 200, text: 'ok\n' })
    await pass(200)
    const event = site.last('os:up')
    assert.deepEqual([event?.machine, event?.be, event?.detail?.evidence], ['m1', 'fb14', 'call-back'])
    const { runs, evidence, uname, stage, way } = status()
    assert.deepEqual([runs, evidence, uname, stage], ['fb14', 'call-back', 'FreeBSD m1 14.0', 'up'])
    assert.deepEqual(Object.keys(way), ['asked', 'file', 'loader', 'up'])
  })

  it('gets URL and token by every handoff: options, loader.conf.local, arguments, Linux’ command line', async () => {
    await start()
    site.nfs.udp = false
    assert.equal(
      (await up(machine, await boot())).status,
      200,
      'tftp, where the handle needs most of the room',
    )
    const ack = await run(machine.dhcp(OVMF_HTTP))
    await run(machine.fetch(ack.file))
    const conf = await run(
      machine.fetch(`${ack.file.split('/').slice(0, -2).join('/')}/boot/loader.conf.local`),
    )
    assert.equal((await up(machine, readConf(String(conf)))).status, 200, 'http')
    await run(sharePxe(site.lab, { name: 'deb12', machines: ['m1'] }))
    await run(machine.dhcp(IPXE_EFI))
    const script = String(
      await run(machine.fetch(`http://${SERVER}:8080/m/${MAC.replaceAll(':', '-')}/boot.ipxe`)),
    )
    const words = ipxeKernelLine(script, machine).filter(word => word.startsWith('nbe.'))
    const pairs = new Map(words.map(word => [word.split('=')[0]!, word.slice(word.indexOf('=') + 1)]))
    assert.equal((await up(machine, pairs)).status, 200, 'arguments')
    assert.equal(site.last('os:up')?.be, 'deb12')
  })

  it('gets them, and its report is accepted, beside another DHCP server too, from the address that it has there', async () => {
    await start({ 'dhcp.mode': 'proxy' })
    machine = new SimMachine(site.net, MAC, '192.168.77.222')
    await run(machine.proxyOffer(OVMF))
    await run(machine.takes(OVMF, '192.168.77.2'))
    const { file } = await run(machine.proxyOffer(IPXE_EFI))
    const words = ipxeKernelLine(String(await run(machine.fetch(file))), machine)
    const told = new Map(words.map(word => [word.split('=')[0]!, word.slice(word.indexOf('=') + 1)]))
    const stranger = new SimMachine(site.net, SECOND, '192.168.77.200')
    assert.equal((await up(stranger, told)).status, 403)
    assert.equal((await up(machine, told)).status, 200)
    await pass(5000)
    await run(machine.proxyOffer(OVMF))
    await run(machine.takes(OVMF, '192.168.77.2'))
    await run(machine.takes(INSTALLED, '192.168.77.2'))
    await pass(200)
    assert.equal(status().stage, 'own disk', 'told apart by what is overheard')
  })

  it('a boot goes on without call-back where its reply has no room for it, and the log says so', async () => {
    await start({ 'boot.loader': `filler=${'x'.repeat(130)}` })
    const variables = await boot()
    assert.equal(variables.has('nbe.url'), false)
    assert.equal(variables.get('filler')?.length, 130)
    assert.match(String(site.last('boot:no-call-back')?.detail?.why), /may have 312/)
  })

  it('one token for all exchanges of a boot, another for each boot', async () => {
    await start()
    const first = await boot()
    const again = await run(freebsdLoader(machine, LOADER))
    assert.equal(again.get('nbe.session'), first.get('nbe.session'))
    const second = await boot()
    assert.notEqual(second.get('nbe.session'), first.get('nbe.session'))
    assert.equal((await up(machine, first)).status, 403, 'that of a boot before')
    assert.equal((await up(machine, second)).status, 200)
  })

  it('refuses forged tokens, those of other machines, and replayed reports; a lost answer is sent again', async () => {
    await start()
    const variables = await boot()
    const { url, session } = callBackOf(variables)
    const stranger = new SimMachine(site.net, SECOND, '192.168.77.200')
    assert.equal((await up(stranger, variables)).status, 403, 'from another address')
    const forged = { url, session: `${session.slice(0, -1)}${session.endsWith('A') ? 'B' : 'A'}` }
    assert.equal((await run(reportUp(machine, forged))).status, 403)
    assert.equal(site.count('os:up'), 0)
    assert.equal((await up(machine, variables)).status, 200)
    assert.equal((await up(machine, variables)).status, 200, 'its answer was lost')
    assert.equal(site.count('os:up'), 1)
    await pass(2 * MINUTE)
    assert.equal((await up(machine, variables)).status, 403, 'replayed')
    const log = site.events.map(event => JSON.stringify(event)).join('')
    assert.ok(!log.includes(session), 'no log line gives the token away')
  })

  it('a flood of forged reports does not delay others, and is one line a second in the log', async () => {
    await start()
    const variables = await boot()
    const flooder = new SimMachine(site.net, SECOND, '192.168.77.200')
    const { url } = callBackOf(variables)
    const answers = new Map<number, number>()
    for (let i = 0; i < 2000; i++) {
      const session = `forged${String(i).padStart(16, '0')}`
      const { status } = await reportUp(flooder, { url, session })
      answers.set(status, (answers.get(status) ?? 0) + 1)
    }
    assert.deepEqual(
      [...answers],
      [
        [403, 200],
        [429, 1800],
      ],
    )
    assert.equal(site.count('up:refused'), 1)
    assert.equal((await up(machine, variables)).status, 200)
    await pass(1001)
    assert.equal((await run(reportUp(flooder, { url, session: 'x'.repeat(22) }))).status, 403)
    assert.equal(site.last('up:refused')?.detail?.total, 2001, 'all were counted')
  })

  it('counts as up by its own DHCP when its system does not report, else by its report only', async () => {
    await start()
    site.nfs.udp = false // the kernel comes by TFTP
    await boot()
    await run(machine.dhcp(INSTALLED))
    assert.equal(site.last('os:up')?.detail?.evidence, 'dhcp')
    site.file('ROOT/fb14/usr/local/libexec/nbe-up', '#!/bin/sh\n')
    await pass(5000)
    const variables = await boot()
    await run(machine.dhcp(INSTALLED))
    assert.equal(site.count('os:up'), 1)
    await up(machine, variables)
    assert.equal(site.last('os:up')?.detail?.evidence, 'call-back')
  })

  it('a loader without any later request does not count as up: its own disk may have started', async () => {
    await start()
    await run(bootPxe(site.lab, { name: 'fb15', machines: ['m1'], once: true }))
    await boot()
    await run(machine.dhcp(INSTALLED))
    await run(machine.dhcp(INSTALLED))
    assert.equal(site.count('os:up'), 0)
    assert.equal(site.count('boot:unsure'), 1)
    await pass(200)
    assert.match(status().trouble!, /this one, or that of its own disk/)
    assert.equal(boots()?.rule, 'once', 'not used up')
    await pass(11 * MINUTE)
    assert.match(String(site.last('once:expired')?.detail?.trouble), /own disk/)
  })

  it('shows the text of a report as one line without terminal sequences', async () => {
    await start()
    const { url, session } = callBackOf(await boot())
    const uname = Buffer.from('x\u001b[2J\nruns     fb15').toString('hex')
    await run(machine.host.fetch(`${url}/${session}/up?uname=${uname}`))
    await pass(200)
    assert.equal(status().uname, 'x\\x1b[2J\\nruns     fb15')
  })

  it('a failure is shown until a later boot is up', async () => {
    await start()
    await firmware()
    await up(machine, await boot())
    await pass(200)
    assert.match(status().failure!.why, /it came to file/)
    await firmware()
    await pass(200)
    assert.equal(status().failure, null)
  })

  it('after a restart the service still has the address, interface and stage of each machine', async () => {
    await start()
    const uuid = '33221100-5544-7766-8899-aabbccddeeff'
    setMachine(site.lab, { machine: 'm1', fields: { uuid } })
    const other = new SimMachine(site.net, SECOND)
    await firmware(other)
    await site.stop()
    await site.serve()
    await run(other.fetch(`http://${SERVER}:8080/be/fb14/boot/loader.efi`))
    const { machine: name, mac } = site.last('http:get')!
    assert.deepEqual([name, mac], ['m1', SECOND])
    const variables = await run(freebsdLoader(other, LOADER))
    assert.equal(variables.get('nbe.be'), 'fb14', 'there is no default: it is known by its alias')
    await up(other, variables)
    await pass(200)
    assert.equal(status().runs, 'fb14')
  })

  it('a machine that boots its own disk after a failed netboot is reported, and the wait for it ends', async () => {
    await start()
    await run(machine.dhcp(OVMF))
    await run(machine.dhcp(INSTALLED))
    const event = site.last('boot:own-disk')
    assert.deepEqual([event?.machine, event?.be, event?.level], ['m1', 'fb14', 'warn'])
    await pass(200)
    assert.equal(status().stage, 'own disk')
    assert.match(status().failure!.why, /fb14: it booted its own disk/)
    const waiting = run(waitForMachine(site.lab, { machine: 'm1', stage: 'up', seconds: 600 }))
    await assert.rejects(waiting, beError('BE_OWN_DISK'))
  })

  it('a machine that was meant to boot its own disk is no failure: a wait goes on for its next boot', async () => {
    await start()
    site.lab.assignments.unassign('m1')
    await run(machine.dhcp(OVMF))
    await run(machine.dhcp(INSTALLED))
    await pass(200)
    await run(sharePxe(site.lab, { name: 'fb14', machines: ['m1'] }))
    const late = run(waitForMachine(site.lab, { machine: 'm1', stage: 'up', seconds: 1 }))
    await assert.rejects(late, beError('BE_WAIT_OVER', /at: own disk: expected file next/))
    assert.equal((await run(machine.dhcp(OVMF))).file, 'be/fb14/boot/loader.efi')
  })

  it('waits for a stage of the requested boot, not of an earlier one', async () => {
    await start()
    await up(machine, await boot())
    await pass(200)
    assert.equal(
      (await run(waitForMachine(site.lab, { machine: 'm1', stage: 'loader', seconds: 1 }))).be,
      'fb14',
    )
    await run(wakeMachine(site.lab, { machine: 'm1' }))
    const late = run(waitForMachine(site.lab, { machine: 'm1', stage: 'up', seconds: 5 }))
    await assert.rejects(
      late,
      beError('BE_WAIT_OVER', /not seen since it was asked for: expected asked next/),
    )
    await firmware()
    const stuck = run(waitForMachine(site.lab, { machine: 'm1', stage: 'up', seconds: 5 }))
    await assert.rejects(stuck, beError('BE_WAIT_OVER', /at: file: expected loader next/))
    const arriving = waitForMachine(site.lab, { machine: 'm1', stage: 'up', seconds: 60 })
    const variables = await run(freebsdLoader(machine, LOADER))
    await up(machine, variables)
    assert.equal((await run(arriving)).evidence, 'call-back')
  })

  it('NFS traffic of a running system is not logged, and shows that it runs', async () => {
    await start()
    const traffic = () =>
      site.lab.sessionLog.emit({ event: 'nfs:traffic', mac: MAC, be: 'fb14', detail: { calls: 9 } })
    const variables = await boot()
    traffic()
    await up(machine, variables)
    await pass(10)
    const since = site.net.clock.now()
    traffic()
    await pass(6000)
    await site.lab.sessionLog.flush()
    const kept: string[] = []
    for await (const { event } of readRecords(sessionsFile(site.lab.stateDir))) kept.push(event)
    assert.equal(kept.filter(event => event === 'nfs:traffic').length, 1)
    assert.equal(status().heard, new Date(since).toISOString())
    const woken = { mac: MAC, from: SERVER, bytes: 102, sent: [] }
    const answered = await run(awaitWakeAnswer(site.lab, { record: woken, since: since, seconds: 1 }))
    assert.deepEqual([answered.machine, answered.words], ['m1', 'runs already, heard of'])
    const silent = run(awaitWakeAnswer(site.lab, { record: woken, since: since + 1, seconds: 1 }))
    await assert.rejects(silent, beError('BE_WOL_NO_ANSWER'))
  })

  it('does not block on a lock of another process for longer than a client would notice', async () => {
    await start()
    assert.equal(site.lab.database.get('PRAGMA busy_timeout')?.timeout, 250)
  })

  it('a packet that is handled while the state cannot be read is not reported as malformed', async () => {
    await start()
    site.lab.machineMatcher.machineOf = () => {
      throw new BeError('BE_STATE_CORRUPT', 'nbe.db is damaged')
    }
    void machine.dhcp(OVMF)
    await pass(1000)
    assert.equal(site.count('dhcp:malformed'), 0)
    assert.match(String(site.last('dhcp:failed')?.detail?.error), /nbe\.db is damaged/)
  })

  describe('this once', () => {
    const once = (be = 'fb15') => run(bootPxe(site.lab, { name: be, machines: ['m1'], once: true }))

    it('is not used up by DHCP requests, but by the report that it is up', async () => {
      await start()
      await once()
      assert.deepEqual(boots(), { be: 'fb15', rule: 'once' })
      const { json } = (await run(explain(site.lab, { machine: 'm1', as: 'uefi' }))) as {
        json: { decisions: { value: string }[] }
      }
      assert.ok(json.decisions.some(({ value }) => value === 'fb15 (this once)'))
      const variables = await boot()
      assert.equal(variables.get('nbe.be'), 'fb15')
      assert.deepEqual(boots(), { be: 'fb15', rule: 'once' })
      await up(machine, variables)
      assert.deepEqual(boots(), { be: 'fb14', rule: 'machine' })
      assert.deepEqual(site.last('once:done')?.detail, { evidence: 'call-back', next: 'fb14' })
      assert.equal((await boot()).get('nbe.be'), 'fb14')
    })

    it('its time begins at its first DISCOVER; when it is over, the stage and the expected one are reported', async () => {
      await start()
      await once()
      await pass(60 * MINUTE)
      assert.equal(boots()?.rule, 'once', 'a machine that is off loses nothing')
      await boot()
      await pass(9 * MINUTE)
      assert.equal(boots()?.rule, 'once')
      await pass(MINUTE)
      assert.deepEqual(boots(), { be: 'fb14', rule: 'machine' })
      const event = site.last('once:expired')
      assert.deepEqual([event?.level, event?.machine, event?.be], ['warn', 'm1', 'fb15'])
      const { stage, expected, next } = event?.detail ?? {}
      assert.deepEqual([stage, expected, next], ['loader', 'kernel', 'fb14'])
      assert.equal((await boot()).get('nbe.be'), 'fb14')
      assert.match(status().failure!.why, /fb15: it came to loader, expected kernel/)
    })

    it('resets in the loader and a second PXE try belong to it', async () => {
      await start()
      await once()
      await boot()
      await pass(3 * MINUTE)
      await run(machine.dhcp(OVMF))
      await pass(3 * MINUTE)
      const variables = await boot()
      assert.equal(variables.get('nbe.be'), 'fb15')
      await up(machine, variables)
      assert.equal(site.count('once:done'), 1)
      await pass(10 * MINUTE)
      assert.equal(site.count('once:expired'), 0)
    })

    it('other interfaces of the machine belong to it, and share its time', async () => {
      await start()
      const uuid = '33221100-5544-7766-8899-aabbccddeeff'
      await removeMachine(site.lab, { machine: 'm1', force: true })
      addMachine(site.lab, { name: 'm1', mac: MAC, fields: { uuid } })
      await once()
      await run(machine.dhcp(OVMF))
      await pass(5 * MINUTE)
      const other = new SimMachine(site.net, SECOND)
      const variables = await boot(other)
      assert.equal(variables.get('nbe.be'), 'fb15')
      await up(other, variables)
      assert.equal(site.count('once:done'), 1)
      assert.equal(boots(), undefined)
    })

    it('expires in the middle of a boot: its loader does not get the other one’s root', async () => {
      await start()
      await once()
      await firmware()
      await pass(11 * MINUTE)
      assert.equal(boots()?.be, 'fb14')
      assert.equal((await run(freebsdLoader(machine, LOADER))).get('nbe.be'), 'fb15')
    })

    it('is not confirmed by a boot that began before it was ordered', async () => {
      await start()
      const before = await boot()
      await once()
      await up(machine, before)
      assert.equal(boots()?.rule, 'once')
    })

    it('in the place of another one whose boot has begun: that one comes up, and the wait is for the new one', async () => {
      await start()
      await once('fb15')
      const variables = await boot()
      await once('fb14')
      await up(machine, variables)
      assert.deepEqual(boots(), { be: 'fb14', rule: 'once' })
      const late = run(waitForMachine(site.lab, { machine: 'm1', stage: 'up', seconds: 1 }))
      await assert.rejects(late, beError('BE_WAIT_OVER', /at: up: expected a boot of fb14 next/))
      await up(machine, await boot())
      assert.equal(site.last('once:done')?.be, 'fb14')
      assert.equal(site.count('once:done'), 1)
    })

    it('can be cancelled, and ordered again with its whole time', async () => {
      await start()
      await once()
      takeBackOnce(site.lab, { machines: ['m1'] })
      assert.deepEqual(boots(), { be: 'fb14', rule: 'machine' })
      await once()
      await boot()
      await pass(9 * MINUTE)
      await once()
      await boot()
      await pass(9 * MINUTE)
      assert.equal(boots()?.rule, 'once')
      await pass(2 * MINUTE)
      assert.equal(boots()?.rule, 'machine')
      assert.equal(site.count('once:expired'), 1)
    })

    it('keeps its boot environment from being destroyed', async () => {
      await start()
      await once()
      // jls(8): no jail is here.
      const lab = Object.assign(site.lab, { run: async () => ({ stdout: '', stderr: '' }) })
      await assert.rejects(run(destroyEnvironment(lab, { name: 'fb15', force: false })), /booted once by m1/)
    })

    it('a wait ends at once when it is over', async () => {
      await start()
      await once()
      await boot()
      const waiting = waitForMachine(site.lab, { machine: 'm1', stage: 'up', seconds: 3600 })
      await assert.rejects(
        run(waiting),
        beError('BE_ONCE_OVER', /fb15 once; it is at: loader: expected kernel/),
      )
    })

    it('continues after a restart of the service, with its time and token', async () => {
      await start()
      await once()
      const variables = await boot()
      await site.stop()
      await pass(5 * MINUTE)
      await site.serve()
      await up(machine, variables)
      assert.equal(site.last('once:done')?.be, 'fb15')
      await once()
      await boot()
      await site.stop()
      await pass(30 * MINUTE)
      await site.serve()
      assert.equal(boots()?.rule, 'once', 'it may be about to report')
      await pass(MINUTE)
      assert.equal(boots()?.rule, 'machine')
      assert.equal(site.last('once:expired')?.detail?.stage, 'loader', 'not what a new service has seen')
    })

    it('is over although the machine got another MAC meanwhile', async () => {
      await start()
      await once()
      await boot()
      setMachine(site.lab, { machine: 'm1', fields: { mac: SECOND } })
      await pass(11 * MINUTE)
      assert.equal(boots()?.rule, 'machine')
      assert.equal(site.count('once:expired'), 1)
    })

    it('is used up by the next start of a service that was killed between report and record', async () => {
      await start()
      await once()
      await up(machine, await boot())
      assert.equal(boots()?.rule, 'machine')
      const came = site.lab.boots.get(MAC)!.boot!.reached.up!
      for (const [asked, rule] of [
        [came - 1000, 'machine'],
        [came + 1000, 'once'],
      ] as const) {
        site.lab.assignments.assignOnce('fb15', 'm1', asked)
        await site.stop()
        await site.serve()
        assert.equal(boots()?.rule, rule)
      }
      assert.equal(site.count('once:done'), 2)
    })

    it('has no more time when the system clock is set back', async () => {
      await start()
      await once()
      await boot()
      site.lab.database.run('UPDATE onces SET began = began + 1000000000000')
      await site.stop()
      await site.serve()
      await pass(9 * MINUTE)
      assert.equal(boots()?.rule, 'once')
      await pass(2 * MINUTE)
      assert.equal(boots()?.rule, 'machine')
    })
  })

  describe('a guest command', () => {
    const ask = (be = 'fb14') =>
      requestCommand(site.lab, { machine: 'm1', be, command: ['make', "it's fine"], seconds: 60 })

    async function hand(variables: Variables, path: string): Promise<number> {
      const { url, session } = callBackOf(variables)
      return (await run(machine.host.fetch(`${url}/${session}/${path}`))).status
    }

    it('goes to the next boot of its boot environment; exit status and output come back', async () => {
      await start()
      const other = ask('fb15')
      const id = ask()
      const outcome = awaitCommand(site.lab, { id: id, seconds: 600 })
      const variables = await boot()
      const { text } = await up(machine, variables)
      assert.equal(text, `run ${id} 60\n'make' 'it'\\''s fine'\n`)
      for (const at of [0, 2, 0]) {
        assert.equal(
          await hand(variables, `output?errand=${id}&at=${at}&piece=${at === 0 ? '6869' : '0a'}`),
          200,
        )
      }
      assert.equal(await hand(variables, `done?errand=${other}&status=0`), 403, 'not its own')
      assert.equal(await hand(variables, `done?errand=${id}&status=3`), 200)
      assert.deepEqual(await run(outcome), { status: 3, output: Buffer.from('hi\n') })
      const { id: ended, status, bytes } = site.last('command:done')?.detail ?? {}
      assert.deepEqual([ended, status, bytes], [id, 3, 3])
    })

    it('no other boot can end it, and its output is limited', async () => {
      await start()
      const id = ask()
      const variables = await boot()
      await up(machine, variables)
      assert.equal(await hand(variables, `output?errand=${id}&at=${1 << 20}&piece=00`), 200)
      assert.equal(site.lab.guestCommands.outputBytes(id), 0)
      for (const bad of ['at=-1&piece=00', 'at=x&piece=00', 'at=0&piece=zz', 'at=0']) {
        assert.equal(await hand(variables, `output?errand=${id}&${bad}`), 400, bad)
      }
      for (const bad of ['status=256', 'status=-1', 'status=', '']) {
        assert.notEqual(await hand(variables, `done?errand=${id}&${bad}`), 200, bad)
      }
      assert.equal(await hand(variables, 'done?errand=99&status=0'), 403)
    })

    it('is lost when the machine restarts in the middle; a machine that never fetches it is reported differently', async () => {
      await start()
      site.nfs.udp = false // its kernel is seen
      const first = awaitCommand(site.lab, { id: ask(), seconds: 600 })
      await up(machine, await boot())
      await boot()
      await assert.rejects(run(first), beError('BE_COMMAND_LOST', /started again/))
      const second = awaitCommand(site.lab, { id: ask(), seconds: 60 })
      await run(machine.dhcp(INSTALLED))
      await assert.rejects(run(second), beError('BE_COMMAND_LATE', /be prepare fb14/))
    })
  })
})
