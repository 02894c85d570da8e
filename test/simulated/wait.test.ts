import assert from 'node:assert/strict'
import { sessionsFile } from '../../src/session/log.ts'
import { readRecords } from '../../src/session/read.ts'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { waitForMachine } from '../../src/verbs/boots/wait.ts'
import { wakeMachine } from '../../src/verbs/machines/wake.ts'
import { awaitWakeAnswer } from '../../src/verbs/machines/wake-answer.ts'
import { beError } from '../support/errors.ts'
import { freebsdLoader, INSTALLED, LOADER, OVMF } from './clients.ts'
import { MAC, OneMachine } from './one-machine.ts'
import { SERVER } from './site.ts'

describe('what a machine does, as be wait and be status show it', () => {
  const rig = new OneMachine()
  const { run, pass, boot, firmware, up, status } = rig

  it('a machine that boots its own disk after a failed netboot is reported, and the wait for it ends', async () => {
    await rig.start()
    await run(rig.machine.dhcp(OVMF))
    await run(rig.machine.dhcp(INSTALLED))
    const event = rig.site.last('boot:own-disk')
    assert.deepEqual([event?.machine, event?.be, event?.level], ['m1', 'fb14', 'warn'])
    await pass(200)
    assert.equal(status().stage, 'own disk')
    assert.match(status().failure!.why, /fb14: it booted its own disk/)
    const waiting = run(waitForMachine(rig.site.lab, { machine: 'm1', stage: 'up', seconds: 600 }))
    await assert.rejects(waiting, beError('BE_OWN_DISK'))
  })

  it('a machine that was meant to boot its own disk is no failure: a wait goes on for its next boot', async () => {
    await rig.start()
    rig.site.lab.assignments.unassign('m1')
    await run(rig.machine.dhcp(OVMF))
    await run(rig.machine.dhcp(INSTALLED))
    await pass(200)
    await run(sharePxe(rig.site.lab, { name: 'fb14', machines: ['m1'] }))
    const late = run(waitForMachine(rig.site.lab, { machine: 'm1', stage: 'up', seconds: 1 }))
    await assert.rejects(late, beError('BE_WAIT_OVER', /at: own disk: expected file next/))
    assert.equal((await run(rig.machine.dhcp(OVMF))).file, 'be/fb14/boot/loader.efi')
  })

  it('waits for a stage of the requested boot, not of an earlier one', async () => {
    await rig.start()
    await up(rig.machine, await boot())
    await pass(200)
    assert.equal(
      (await run(waitForMachine(rig.site.lab, { machine: 'm1', stage: 'loader', seconds: 1 }))).be,
      'fb14',
    )
    await run(wakeMachine(rig.site.lab, { machine: 'm1' }))
    const late = run(waitForMachine(rig.site.lab, { machine: 'm1', stage: 'up', seconds: 5 }))
    await assert.rejects(
      late,
      beError('BE_WAIT_OVER', /not seen since it was asked for: expected asked next/),
    )
    await firmware()
    const stuck = run(waitForMachine(rig.site.lab, { machine: 'm1', stage: 'up', seconds: 5 }))
    await assert.rejects(stuck, beError('BE_WAIT_OVER', /at: file: expected loader next/))
    const arriving = waitForMachine(rig.site.lab, { machine: 'm1', stage: 'up', seconds: 60 })
    const variables = await run(freebsdLoader(rig.machine, LOADER))
    await up(rig.machine, variables)
    assert.equal((await run(arriving)).evidence, 'call-back')
  })

  it('NFS traffic of a running system is not logged, and shows that it runs', async () => {
    await rig.start()
    const traffic = () =>
      rig.site.lab.sessionLog.emit({ event: 'nfs:traffic', mac: MAC, be: 'fb14', detail: { calls: 9 } })
    const variables = await boot()
    traffic()
    await up(rig.machine, variables)
    await pass(10)
    const since = rig.site.net.clock.now()
    traffic()
    await pass(6000)
    await rig.site.lab.sessionLog.flush()
    const kept: string[] = []
    for await (const { event } of readRecords(sessionsFile(rig.site.lab.stateDir))) kept.push(event)
    assert.equal(kept.filter(event => event === 'nfs:traffic').length, 1)
    assert.equal(status().heard, new Date(since).toISOString())
    const woken = { mac: MAC, from: SERVER, bytes: 102, sent: [] }
    const answered = await run(awaitWakeAnswer(rig.site.lab, { record: woken, since: since, seconds: 1 }))
    assert.deepEqual([answered.machine, answered.words], ['m1', 'runs already, heard of'])
    const silent = run(awaitWakeAnswer(rig.site.lab, { record: woken, since: since + 1, seconds: 1 }))
    await assert.rejects(silent, beError('BE_WOL_NO_ANSWER'))
  })
})
