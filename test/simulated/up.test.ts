import assert from 'node:assert/strict'
import { BeError } from '../../src/errors/errors.ts'
import { sessionsFile } from '../../src/session/log.ts'
import { readRecords } from '../../src/session/read.ts'
import { awaitCommand, requestCommand } from '../../src/verbs/boots/guest-command.ts'
import { takeBackOnce } from '../../src/verbs/boots/once.ts'
import { statusOf } from '../../src/verbs/boots/status.ts'
import { waitFor } from '../../src/verbs/boots/wait.ts'
import { destroyEnvironment } from '../../src/verbs/environments/environments.ts'
import { awaitAnswer } from '../../src/verbs/machines/woken.ts'
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

describe('a boot, from its first packet to its own word', () => {
  const tmp = temporaryDirectory()
  let site: SimSite
  let machine: SimMachine
  const run = <T>(goal: Promise<T>): Promise<T> => site.run(goal)
  const pass = (ms: number) => site.net.clock.advance(ms)

  async function start(flags: Parameters<typeof SimSite.start>[1] = {}): Promise<void> {
    site = await SimSite.start(tmp.path, flags)
    site.appliance.addMachine({ name: 'm1', mac: MAC })
    await run(site.appliance.sharepxe('fb14', ['m1']))
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
  const boots = () => site.appliance.assignments.assignmentOf('m1')
  const status = () => statusOf(site.appliance, 'm1')[0]!

  it('reports with what its loader was told, and the record says by what it is known', async () => {
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

  it('is told by every handoff: options, loader.conf.local, arguments, Linux’ command line', async () => {
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
    await run(site.appliance.sharepxe('deb12', ['m1']))
    await run(machine.dhcp(IPXE_EFI))
    const script = String(
      await run(machine.fetch(`http://${SERVER}:8080/m/${MAC.replaceAll(':', '-')}/boot.ipxe`)),
    )
    const words = ipxeKernelLine(script, machine).filter(word => word.startsWith('nbe.'))
    const pairs = new Map(words.map(word => [word.split('=')[0]!, word.slice(word.indexOf('=') + 1)]))
    assert.equal((await up(machine, pairs)).status, 200, 'arguments')
    assert.equal(site.last('os:up')?.be, 'deb12')
  })

  it('is told and taken at its word beside another DHCP server too, from the address that it took there', async () => {
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

  it('refuses forged tokens, those of others, and what was overheard; a lost answer is given again', async () => {
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

  it('a flood of forged reports costs others nothing, and the log one line a second', async () => {
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

  it('counts as up by its own DHCP where nothing in it reports, and by its word alone where something does', async () => {
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

  it('a loader that nobody sees go on proves nothing: its own disk may have started', async () => {
    await start()
    await run(site.appliance.bootpxe('fb15', ['m1'], true))
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

  it('shows what a system says of itself as one line that no terminal obeys', async () => {
    await start()
    const { url, session } = callBackOf(await boot())
    const uname = Buffer.from('x\u001b[2J\nruns     fb15').toString('hex')
    await run(machine.host.fetch(`${url}/${session}/up?uname=${uname}`))
    await pass(200)
    assert.equal(status().uname, 'x\\x1b[2J\\nruns     fb15')
  })

  it('a failure is shown until a later boot has come up, and then no more', async () => {
    await start()
    await firmware()
    await up(machine, await boot())
    await pass(200)
    assert.match(status().failure!.why, /it came to file/)
    await firmware()
    await pass(200)
    assert.equal(status().failure, null)
  })

  it('a service that starts anew knows whose address asks, whose interface it is, and how far all came', async () => {
    await start()
    const uuid = '33221100-5544-7766-8899-aabbccddeeff'
    site.appliance.setMachine('m1', { uuid })
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

  it('a machine that boots its own disk after a failed netboot is named, and nobody waits for it', async () => {
    await start()
    await run(machine.dhcp(OVMF))
    await run(machine.dhcp(INSTALLED))
    const event = site.last('boot:own-disk')
    assert.deepEqual([event?.machine, event?.be, event?.level], ['m1', 'fb14', 'warn'])
    await pass(200)
    assert.equal(status().stage, 'own disk')
    assert.match(status().failure!.why, /fb14: it booted its own disk/)
    const waiting = run(waitFor(site.appliance, 'm1', { goal: 'up', seconds: 600 }))
    await assert.rejects(waiting, beError('BE_OWN_DISK'))
  })

  it('a machine that was to boot its own disk did no wrong: whoever waits waits for its next boot', async () => {
    await start()
    site.appliance.assignments.unassign('m1')
    await run(machine.dhcp(OVMF))
    await run(machine.dhcp(INSTALLED))
    await pass(200)
    await run(site.appliance.sharepxe('fb14', ['m1']))
    const late = run(waitFor(site.appliance, 'm1', { goal: 'up', seconds: 1 }))
    await assert.rejects(late, beError('BE_WAIT_OVER', /at: own disk: expected file next/))
    assert.equal((await run(machine.dhcp(OVMF))).file, 'be/fb14/boot/loader.efi')
  })

  it('waits for a stage of the boot that was asked for, not for one before', async () => {
    await start()
    await up(machine, await boot())
    await pass(200)
    assert.equal((await run(waitFor(site.appliance, 'm1', { goal: 'loader', seconds: 1 }))).be, 'fb14')
    await run(site.appliance.wake('m1'))
    const late = run(waitFor(site.appliance, 'm1', { goal: 'up', seconds: 5 }))
    await assert.rejects(
      late,
      beError('BE_WAIT_OVER', /not seen since it was asked for: expected asked next/),
    )
    await firmware()
    const stuck = run(waitFor(site.appliance, 'm1', { goal: 'up', seconds: 5 }))
    await assert.rejects(stuck, beError('BE_WAIT_OVER', /at: file: expected loader next/))
    const arriving = waitFor(site.appliance, 'm1', { goal: 'up', seconds: 60 })
    const variables = await run(freebsdLoader(machine, LOADER))
    await up(machine, variables)
    assert.equal((await run(arriving)).evidence, 'call-back')
  })

  it('what a running system reads all day is not logged, and shows that it runs', async () => {
    await start()
    const traffic = () =>
      site.appliance.sessionLog.emit({ event: 'nfs:traffic', mac: MAC, be: 'fb14', detail: { calls: 9 } })
    const variables = await boot()
    traffic()
    await up(machine, variables)
    await pass(10)
    const since = site.net.clock.now()
    traffic()
    await pass(6000)
    await site.appliance.sessionLog.flush()
    const kept: string[] = []
    for await (const { event } of readRecords(sessionsFile(site.appliance.stateDir))) kept.push(event)
    assert.equal(kept.filter(event => event === 'nfs:traffic').length, 1)
    assert.equal(status().heard, new Date(since).toISOString())
    const woken = { mac: MAC, from: SERVER, bytes: 102, sent: [] }
    const answered = await run(awaitAnswer(site.appliance, woken, since, 1))
    assert.deepEqual([answered.machine, answered.words], ['m1', 'runs already, heard of'])
    const silent = run(awaitAnswer(site.appliance, woken, since + 1, 1))
    await assert.rejects(silent, beError('BE_WOL_NO_ANSWER'))
  })

  it('waits for no other process longer than a client would notice', async () => {
    await start()
    assert.equal(site.appliance.database.get('PRAGMA busy_timeout')?.timeout, 250)
  })

  it('state that cannot be read makes no packet a malformed one', async () => {
    await start()
    site.appliance.recogniser.machineOf = () => {
      throw new BeError('BE_STATE_CORRUPT', 'nbe.db is damaged')
    }
    void machine.dhcp(OVMF)
    await pass(1000)
    assert.equal(site.count('dhcp:malformed'), 0)
    assert.match(String(site.last('dhcp:failed')?.detail?.error), /nbe\.db is damaged/)
  })

  describe('this once', () => {
    const once = (be = 'fb15') => run(site.appliance.bootpxe(be, ['m1'], true))

    it('is not used up by asking, but by its word that it is up', async () => {
      await start()
      await once()
      assert.deepEqual(boots(), { be: 'fb15', rule: 'once' })
      const { json } = (await run(site.appliance.explain('m1', 'uefi'))) as {
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

    it('counts its time from its first DISCOVER, and says where it stopped and what was expected', async () => {
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
      site.appliance.removeMachine('m1')
      site.appliance.addMachine({ name: 'm1', mac: MAC, uuid })
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

    it('is not confirmed by a boot that began before it was asked for', async () => {
      await start()
      const before = await boot()
      await once()
      await up(machine, before)
      assert.equal(boots()?.rule, 'once')
    })

    it('in the place of another one that is under way: that comes up, and the wait is for this', async () => {
      await start()
      await once('fb15')
      const variables = await boot()
      await once('fb14')
      await up(machine, variables)
      assert.deepEqual(boots(), { be: 'fb14', rule: 'once' })
      const late = run(waitFor(site.appliance, 'm1', { goal: 'up', seconds: 1 }))
      await assert.rejects(late, beError('BE_WAIT_OVER', /at: up: expected a boot of fb14 next/))
      await up(machine, await boot())
      assert.equal(site.last('once:done')?.be, 'fb14')
      assert.equal(site.count('once:done'), 1)
    })

    it('is taken back, and ordered anew with its whole time', async () => {
      await start()
      await once()
      takeBackOnce(site.appliance, ['m1'])
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
      await assert.rejects(run(destroyEnvironment(site.appliance, 'fb15', false)), /booted once by m1/)
    })

    it('whoever waits is told at once that it is over', async () => {
      await start()
      await once()
      await boot()
      const waiting = waitFor(site.appliance, 'm1', { goal: 'up', seconds: 3600 })
      await assert.rejects(
        run(waiting),
        beError('BE_ONCE_OVER', /fb15 once; it is at: loader: expected kernel/),
      )
    })

    it('goes on after the service was stopped and started: time, token and all', async () => {
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
      site.appliance.setMachine('m1', { mac: SECOND })
      await pass(11 * MINUTE)
      assert.equal(boots()?.rule, 'machine')
      assert.equal(site.count('once:expired'), 1)
    })

    it('is used up by a start where the service was killed between the two', async () => {
      await start()
      await once()
      await up(machine, await boot())
      assert.equal(boots()?.rule, 'machine')
      const came = site.appliance.boots.get(MAC)!.boot!.reached.up!
      for (const [asked, rule] of [
        [came - 1000, 'machine'],
        [came + 1000, 'once'],
      ] as const) {
        site.appliance.assignments.assignOnce('fb15', 'm1', asked)
        await site.stop()
        await site.serve()
        assert.equal(boots()?.rule, rule)
      }
      assert.equal(site.count('once:done'), 2)
    })

    it('has no more time for a clock that was put back', async () => {
      await start()
      await once()
      await boot()
      site.appliance.database.run('UPDATE onces SET began = began + 1000000000000')
      await site.stop()
      await site.serve()
      await pass(9 * MINUTE)
      assert.equal(boots()?.rule, 'once')
      await pass(2 * MINUTE)
      assert.equal(boots()?.rule, 'machine')
    })
  })

  describe('an errand', () => {
    const ask = (be = 'fb14') =>
      requestCommand(site.appliance, { machine: 'm1', be, command: ['make', "it's fine"], seconds: 60 })

    async function hand(variables: Variables, path: string): Promise<number> {
      const { url, session } = callBackOf(variables)
      return (await run(machine.host.fetch(`${url}/${session}/${path}`))).status
    }

    it('goes to the next boot of its boot environment; exit status and output come back', async () => {
      await start()
      const other = ask('fb15')
      const id = ask()
      const outcome = awaitCommand(site.appliance, id, 600)
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
      const { errand, status, bytes } = site.last('errand:done')?.detail ?? {}
      assert.deepEqual([errand, status, bytes], [id, 3, 3])
    })

    it('no other boot can end it, and no output is longer than it may be', async () => {
      await start()
      const id = ask()
      const variables = await boot()
      await up(machine, variables)
      assert.equal(await hand(variables, `output?errand=${id}&at=${1 << 20}&piece=00`), 200)
      assert.equal(site.appliance.guestCommands.outputBytes(id), 0)
      for (const bad of ['at=-1&piece=00', 'at=x&piece=00', 'at=0&piece=zz', 'at=0']) {
        assert.equal(await hand(variables, `output?errand=${id}&${bad}`), 400, bad)
      }
      for (const bad of ['status=256', 'status=-1', 'status=', '']) {
        assert.notEqual(await hand(variables, `done?errand=${id}&${bad}`), 200, bad)
      }
      assert.equal(await hand(variables, 'done?errand=99&status=0'), 403)
    })

    it('a machine that starts again in the middle has lost it; one that never asks is told apart', async () => {
      await start()
      site.nfs.udp = false // its kernel is seen
      const first = awaitCommand(site.appliance, ask(), 600)
      await up(machine, await boot())
      await boot()
      await assert.rejects(run(first), beError('BE_ERRAND_LOST', /started again/))
      const second = awaitCommand(site.appliance, ask(), 60)
      await run(machine.dhcp(INSTALLED))
      await assert.rejects(run(second), beError('BE_ERRAND_LATE', /be prepare fb14/))
    })
  })
})
