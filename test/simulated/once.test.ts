import assert from 'node:assert/strict'
import { bootPxe } from '../../src/verbs/boots/bootpxe.ts'
import { takeBackOnce } from '../../src/verbs/boots/once.ts'
import { waitForMachine } from '../../src/verbs/boots/wait.ts'
import { destroyEnvironment } from '../../src/verbs/environments/destroy.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { removeMachine } from '../../src/verbs/machines/remove.ts'
import { setMachine } from '../../src/verbs/machines/set.ts'
import { explain } from '../../src/verbs/plans/explain.ts'
import { beError } from '../support/errors.ts'
import { freebsdLoader, LOADER, OVMF, SimMachine } from './clients.ts'
import { MAC, MINUTE, OneMachine, SECOND } from './one-machine.ts'

/** jls(8): no jail is here. */
const noJails = async () => ({ stdout: '', stderr: '' })

describe('a boot that counts once', () => {
  const rig = new OneMachine()
  const { run, pass, boot, firmware, up, boots, status } = rig

  const once = (be = 'fb15') => run(bootPxe(rig.site.lab, { name: be, machines: ['m1'], once: true }))

  it('is not used up by DHCP requests, but by the report that it is up', async () => {
    await rig.start()
    await once()
    assert.deepEqual(boots(), { be: 'fb15', rule: 'once' })
    const { json } = (await run(explain(rig.site.lab, { machine: 'm1', as: 'uefi' }))) as {
      json: { decisions: { value: string }[] }
    }
    assert.ok(json.decisions.some(({ value }) => value === 'fb15 (this once)'))
    const variables = await boot()
    assert.equal(variables.get('nbe.be'), 'fb15')
    assert.deepEqual(boots(), { be: 'fb15', rule: 'once' })
    await up(rig.machine, variables)
    assert.deepEqual(boots(), { be: 'fb14', rule: 'machine' })
    assert.deepEqual(rig.site.last('once:done')?.detail, { evidence: 'call-back', next: 'fb14' })
    assert.equal((await boot()).get('nbe.be'), 'fb14')
  })

  it('its time begins at its first DISCOVER; when it is over, the stage and the expected one are reported', async () => {
    await rig.start()
    await once()
    await pass(60 * MINUTE)
    assert.equal(boots()?.rule, 'once', 'a machine that is off loses nothing')
    await boot()
    await pass(9 * MINUTE)
    assert.equal(boots()?.rule, 'once')
    await pass(MINUTE)
    assert.deepEqual(boots(), { be: 'fb14', rule: 'machine' })
    const event = rig.site.last('once:expired')
    assert.deepEqual([event?.level, event?.machine, event?.be], ['warn', 'm1', 'fb15'])
    const { stage, expected, next } = event?.detail ?? {}
    assert.deepEqual([stage, expected, next], ['loader', 'kernel', 'fb14'])
    assert.equal((await boot()).get('nbe.be'), 'fb14')
    assert.match(status().failure!.why, /fb15: it came to loader, expected kernel/)
  })

  it('resets in the loader and a second PXE try belong to it', async () => {
    await rig.start()
    await once()
    await boot()
    await pass(3 * MINUTE)
    await run(rig.machine.dhcp(OVMF))
    await pass(3 * MINUTE)
    const variables = await boot()
    assert.equal(variables.get('nbe.be'), 'fb15')
    await up(rig.machine, variables)
    assert.equal(rig.site.count('once:done'), 1)
    await pass(10 * MINUTE)
    assert.equal(rig.site.count('once:expired'), 0)
  })

  it('other interfaces of the machine belong to it, and share its time', async () => {
    await rig.start()
    const uuid = '33221100-5544-7766-8899-aabbccddeeff'
    await removeMachine(rig.site.lab, { machine: 'm1', force: true })
    addMachine(rig.site.lab, { name: 'm1', mac: MAC, fields: { uuid } })
    await once()
    await run(rig.machine.dhcp(OVMF))
    await pass(5 * MINUTE)
    const other = new SimMachine(rig.site.net, SECOND)
    const variables = await boot(other)
    assert.equal(variables.get('nbe.be'), 'fb15')
    await up(other, variables)
    assert.equal(rig.site.count('once:done'), 1)
    assert.equal(boots(), undefined)
  })

  it('expires in the middle of a boot: its loader does not get the other one’s root', async () => {
    await rig.start()
    await once()
    await firmware()
    await pass(11 * MINUTE)
    assert.equal(boots()?.be, 'fb14')
    assert.equal((await run(freebsdLoader(rig.machine, LOADER))).get('nbe.be'), 'fb15')
  })

  it('is not confirmed by a boot that began before it was ordered', async () => {
    await rig.start()
    const before = await boot()
    await once()
    await up(rig.machine, before)
    assert.equal(boots()?.rule, 'once')
  })

  it('in the place of another one whose boot has begun: that one comes up, and the wait is for the new one', async () => {
    await rig.start()
    await once('fb15')
    const variables = await boot()
    await once('fb14')
    await up(rig.machine, variables)
    assert.deepEqual(boots(), { be: 'fb14', rule: 'once' })
    const late = run(waitForMachine(rig.site.lab, { machine: 'm1', stage: 'up', seconds: 1 }))
    await assert.rejects(late, beError('BE_WAIT_OVER', /at: up: expected a boot of fb14 next/))
    await up(rig.machine, await boot())
    assert.equal(rig.site.last('once:done')?.be, 'fb14')
    assert.equal(rig.site.count('once:done'), 1)
  })

  it('can be cancelled, and ordered again with its whole time', async () => {
    await rig.start()
    await once()
    takeBackOnce(rig.site.lab, { machines: ['m1'] })
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
    assert.equal(rig.site.count('once:expired'), 1)
  })

  it('keeps its boot environment from being destroyed', async () => {
    await rig.start()
    await once()
    await assert.rejects(
      run(destroyEnvironment(Object.assign(rig.site.lab, { run: noJails }), { name: 'fb15', force: false })),
      /booted once by m1/,
    )
  })

  it('a wait ends at once when it is over', async () => {
    await rig.start()
    await once()
    await boot()
    const waiting = waitForMachine(rig.site.lab, { machine: 'm1', stage: 'up', seconds: 3600 })
    await assert.rejects(
      run(waiting),
      beError('BE_ONCE_OVER', /fb15 once; it is at: loader: expected kernel/),
    )
  })

  it('continues after a restart of the service, with its time and token', async () => {
    await rig.start()
    await once()
    const variables = await boot()
    await rig.site.stop()
    await pass(5 * MINUTE)
    await rig.site.serve()
    await up(rig.machine, variables)
    assert.equal(rig.site.last('once:done')?.be, 'fb15')
    await once()
    await boot()
    await rig.site.stop()
    await pass(30 * MINUTE)
    await rig.site.serve()
    assert.equal(boots()?.rule, 'once', 'it may be about to report')
    await pass(MINUTE)
    assert.equal(boots()?.rule, 'machine')
    assert.equal(rig.site.last('once:expired')?.detail?.stage, 'loader', 'not what a new service has seen')
  })

  it('is over although the machine got another MAC meanwhile', async () => {
    await rig.start()
    await once()
    await boot()
    setMachine(rig.site.lab, { machine: 'm1', fields: { mac: SECOND } })
    await pass(11 * MINUTE)
    assert.equal(boots()?.rule, 'machine')
    assert.equal(rig.site.count('once:expired'), 1)
  })

  it('is used up by the next start of a service that was killed between report and record', async () => {
    await rig.start()
    await once()
    await up(rig.machine, await boot())
    assert.equal(boots()?.rule, 'machine')
    const came = rig.site.lab.boots.get(MAC)!.boot!.reached.up!
    for (const [asked, rule] of [
      [came - 1000, 'machine'],
      [came + 1000, 'once'],
    ] as const) {
      rig.site.lab.assignments.assignOnce('fb15', 'm1', asked)
      await rig.site.stop()
      await rig.site.serve()
      assert.equal(boots()?.rule, rule)
    }
    assert.equal(rig.site.count('once:done'), 2)
  })

  it('has no more time when the system clock is set back', async () => {
    await rig.start()
    await once()
    await boot()
    rig.site.lab.database.run('UPDATE onces SET began = began + 1000000000000')
    await rig.site.stop()
    await rig.site.serve()
    await pass(9 * MINUTE)
    assert.equal(boots()?.rule, 'once')
    await pass(2 * MINUTE)
    assert.equal(boots()?.rule, 'machine')
  })
})
