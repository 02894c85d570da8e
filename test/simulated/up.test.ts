import assert from 'node:assert/strict'
import { BeError } from '../../src/errors/errors.ts'
import { bootPxe } from '../../src/verbs/boots/bootpxe.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { setMachine } from '../../src/verbs/machines/set.ts'
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
} from './clients.ts'
import { MAC, MINUTE, OneMachine, SECOND } from './one-machine.ts'
import { SERVER } from './site.ts'

describe('a boot, from its first packet to its call-back', () => {
  const rig = new OneMachine()
  const { run, pass, boot, firmware, up, boots, status } = rig

  it('reports up with the URL and token of its loader, and the record names the proof', async () => {
    await rig.start()
    const variables = await boot()
    assert.equal(variables.get('nbe.url'), `http://${SERVER}:8080/s`)
    assert.match(variables.get('nbe.session')!, /^[\w-]{22}$/)
    assert.deepEqual(await up(rig.machine, variables), { status: 200, text: 'ok\n' })
    await pass(200)
    const event = rig.site.last('os:up')
    assert.deepEqual([event?.machine, event?.be, event?.detail?.evidence], ['m1', 'fb14', 'call-back'])
    const { runs, evidence, uname, stage, way } = status()
    assert.deepEqual([runs, evidence, uname, stage], ['fb14', 'call-back', 'FreeBSD m1 14.0', 'up'])
    assert.deepEqual(Object.keys(way), ['asked', 'file', 'loader', 'up'])
  })

  it('gets URL and token by every handoff: options, loader.conf.local, arguments, Linux’ command line', async () => {
    await rig.start()
    rig.site.nfs.udp = false
    assert.equal(
      (await up(rig.machine, await boot())).status,
      200,
      'tftp, where the handle needs most of the room',
    )
    const ack = await run(rig.machine.dhcp(OVMF_HTTP))
    await run(rig.machine.fetch(ack.file))
    const conf = await run(
      rig.machine.fetch(`${ack.file.split('/').slice(0, -2).join('/')}/boot/loader.conf.local`),
    )
    assert.equal((await up(rig.machine, readConf(String(conf)))).status, 200, 'http')
    await run(sharePxe(rig.site.lab, { name: 'deb12', machines: ['m1'] }))
    await run(rig.machine.dhcp(IPXE_EFI))
    const script = String(
      await run(rig.machine.fetch(`http://${SERVER}:8080/m/${MAC.replaceAll(':', '-')}/boot.ipxe`)),
    )
    const words = ipxeKernelLine(script, rig.machine).filter(word => word.startsWith('nbe.'))
    const pairs = new Map(words.map(word => [word.split('=')[0]!, word.slice(word.indexOf('=') + 1)]))
    assert.equal((await up(rig.machine, pairs)).status, 200, 'arguments')
    assert.equal(rig.site.last('os:up')?.be, 'deb12')
  })

  it('gets them, and its report is accepted, beside another DHCP server too, from the address that it has there', async () => {
    await rig.start({ 'dhcp.mode': 'proxy' })
    rig.machine = new SimMachine(rig.site.net, MAC, '192.168.77.222')
    await run(rig.machine.proxyOffer(OVMF))
    await run(rig.machine.takes(OVMF, '192.168.77.2'))
    const { file } = await run(rig.machine.proxyOffer(IPXE_EFI))
    const words = ipxeKernelLine(String(await run(rig.machine.fetch(file))), rig.machine)
    const told = new Map(words.map(word => [word.split('=')[0]!, word.slice(word.indexOf('=') + 1)]))
    const stranger = new SimMachine(rig.site.net, SECOND, '192.168.77.200')
    assert.equal((await up(stranger, told)).status, 403)
    assert.equal((await up(rig.machine, told)).status, 200)
    await pass(5000)
    await run(rig.machine.proxyOffer(OVMF))
    await run(rig.machine.takes(OVMF, '192.168.77.2'))
    await run(rig.machine.takes(INSTALLED, '192.168.77.2'))
    await pass(200)
    assert.equal(status().stage, 'own disk', 'told apart by what is overheard')
  })

  it('a boot goes on without call-back where its reply has no room for it, and the log says so', async () => {
    await rig.start({ 'boot.loader': `filler=${'x'.repeat(130)}` })
    const variables = await boot()
    assert.equal(variables.has('nbe.url'), false)
    assert.equal(variables.get('filler')?.length, 130)
    assert.match(String(rig.site.last('boot:no-call-back')?.detail?.why), /may have 312/)
  })

  it('one token for all exchanges of a boot, another for each boot', async () => {
    await rig.start()
    const first = await boot()
    const again = await run(freebsdLoader(rig.machine, LOADER))
    assert.equal(again.get('nbe.session'), first.get('nbe.session'))
    const second = await boot()
    assert.notEqual(second.get('nbe.session'), first.get('nbe.session'))
    assert.equal((await up(rig.machine, first)).status, 403, 'that of a boot before')
    assert.equal((await up(rig.machine, second)).status, 200)
  })

  it('refuses forged tokens, those of other machines, and replayed reports; a lost answer is sent again', async () => {
    await rig.start()
    const variables = await boot()
    const { url, session } = callBackOf(variables)
    const stranger = new SimMachine(rig.site.net, SECOND, '192.168.77.200')
    assert.equal((await up(stranger, variables)).status, 403, 'from another address')
    const forged = { url, session: `${session.slice(0, -1)}${session.endsWith('A') ? 'B' : 'A'}` }
    assert.equal((await run(reportUp(rig.machine, forged))).status, 403)
    assert.equal(rig.site.count('os:up'), 0)
    assert.equal((await up(rig.machine, variables)).status, 200)
    assert.equal((await up(rig.machine, variables)).status, 200, 'its answer was lost')
    assert.equal(rig.site.count('os:up'), 1)
    await pass(2 * MINUTE)
    assert.equal((await up(rig.machine, variables)).status, 403, 'replayed')
    const log = rig.site.events.map(event => JSON.stringify(event)).join('')
    assert.ok(!log.includes(session), 'no log line gives the token away')
  })

  it('a flood of forged reports does not delay others, and is one line a second in the log', async () => {
    await rig.start()
    const variables = await boot()
    const flooder = new SimMachine(rig.site.net, SECOND, '192.168.77.200')
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
    assert.equal(rig.site.count('up:refused'), 1)
    assert.equal((await up(rig.machine, variables)).status, 200)
    await pass(1001)
    assert.equal((await run(reportUp(flooder, { url, session: 'x'.repeat(22) }))).status, 403)
    assert.equal(rig.site.last('up:refused')?.detail?.total, 2001, 'all were counted')
  })

  it('counts as up by its own DHCP when its system does not report, else by its report only', async () => {
    await rig.start()
    rig.site.nfs.udp = false // the kernel comes by TFTP
    await boot()
    await run(rig.machine.dhcp(INSTALLED))
    assert.equal(rig.site.last('os:up')?.detail?.evidence, 'dhcp')
    rig.site.file('ROOT/fb14/usr/local/libexec/nbe-up', '#!/bin/sh\n')
    await pass(5000)
    const variables = await boot()
    await run(rig.machine.dhcp(INSTALLED))
    assert.equal(rig.site.count('os:up'), 1)
    await up(rig.machine, variables)
    assert.equal(rig.site.last('os:up')?.detail?.evidence, 'call-back')
  })

  it('a loader without any later request does not count as up: its own disk may have started', async () => {
    await rig.start()
    await run(bootPxe(rig.site.lab, { name: 'fb15', machines: ['m1'], once: true }))
    await boot()
    await run(rig.machine.dhcp(INSTALLED))
    await run(rig.machine.dhcp(INSTALLED))
    assert.equal(rig.site.count('os:up'), 0)
    assert.equal(rig.site.count('boot:unsure'), 1)
    await pass(200)
    assert.match(status().trouble!, /this one, or that of its own disk/)
    assert.equal(boots()?.rule, 'once', 'not used up')
    await pass(11 * MINUTE)
    assert.match(String(rig.site.last('once:expired')?.detail?.trouble), /own disk/)
  })

  it('shows the text of a report as one line without terminal sequences', async () => {
    await rig.start()
    const { url, session } = callBackOf(await boot())
    const uname = Buffer.from('x\u001b[2J\nruns     fb15').toString('hex')
    await run(rig.machine.host.fetch(`${url}/${session}/up?uname=${uname}`))
    await pass(200)
    assert.equal(status().uname, 'x\\x1b[2J\\nruns     fb15')
  })

  it('a failure is shown until a later boot is up', async () => {
    await rig.start()
    await firmware()
    await up(rig.machine, await boot())
    await pass(200)
    assert.match(status().failure!.why, /it came to file/)
    await firmware()
    await pass(200)
    assert.equal(status().failure, null)
  })

  it('after a restart the service still has the address, interface and stage of each machine', async () => {
    await rig.start()
    const uuid = '33221100-5544-7766-8899-aabbccddeeff'
    setMachine(rig.site.lab, { machine: 'm1', fields: { uuid } })
    const other = new SimMachine(rig.site.net, SECOND)
    await firmware(other)
    await rig.site.stop()
    await rig.site.serve()
    await run(other.fetch(`http://${SERVER}:8080/be/fb14/boot/loader.efi`))
    const { machine: name, mac } = rig.site.last('http:get')!
    assert.deepEqual([name, mac], ['m1', SECOND])
    const variables = await run(freebsdLoader(other, LOADER))
    assert.equal(variables.get('nbe.be'), 'fb14', 'there is no default: it is known by its alias')
    await up(other, variables)
    await pass(200)
    assert.equal(status().runs, 'fb14')
  })

  it('does not block on a lock of another process for longer than a client would notice', async () => {
    await rig.start()
    assert.equal(rig.site.lab.database.get('PRAGMA busy_timeout')?.timeout, 250)
  })

  it('a packet that is handled while the state cannot be read is not reported as malformed', async () => {
    await rig.start()
    rig.site.lab.machineMatcher.machineOf = () => {
      throw new BeError('BE_STATE_CORRUPT', 'nbe.db is damaged')
    }
    void rig.machine.dhcp(OVMF)
    await pass(1000)
    assert.equal(rig.site.count('dhcp:malformed'), 0)
    assert.match(String(rig.site.last('dhcp:failed')?.detail?.error), /nbe\.db is damaged/)
  })
})
