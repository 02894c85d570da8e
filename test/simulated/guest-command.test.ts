import assert from 'node:assert/strict'
import { awaitCommand, requestCommand } from '../../src/verbs/boots/guest-command.ts'
import { beError } from '../support/errors.ts'
import { callBackOf, INSTALLED, type Variables } from './clients.ts'
import { OneMachine } from './one-machine.ts'

describe('a guest command', () => {
  const rig = new OneMachine()
  const { run, boot, up } = rig

  const ask = (be = 'fb14') =>
    requestCommand(rig.site.lab, { machine: 'm1', be, command: ['make', "it's fine"], seconds: 60 })

  async function hand(variables: Variables, path: string): Promise<number> {
    const { url, session } = callBackOf(variables)
    return (await run(rig.machine.host.fetch(`${url}/${session}/${path}`))).status
  }

  it('goes to the next boot of its boot environment; exit status and output come back', async () => {
    await rig.start()
    const other = ask('fb15')
    const id = ask()
    const outcome = awaitCommand(rig.site.lab, { id: id, seconds: 600 })
    const variables = await boot()
    const { text } = await up(rig.machine, variables)
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
    const { id: ended, status, bytes } = rig.site.last('command:done')?.detail ?? {}
    assert.deepEqual([ended, status, bytes], [id, 3, 3])
  })

  it('no other boot can end it, and its output is limited', async () => {
    await rig.start()
    const id = ask()
    const variables = await boot()
    await up(rig.machine, variables)
    assert.equal(await hand(variables, `output?errand=${id}&at=${1 << 20}&piece=00`), 200)
    assert.equal(rig.site.lab.guestCommands.outputBytes(id), 0)
    for (const bad of ['at=-1&piece=00', 'at=x&piece=00', 'at=0&piece=zz', 'at=0']) {
      assert.equal(await hand(variables, `output?errand=${id}&${bad}`), 400, bad)
    }
    for (const bad of ['status=256', 'status=-1', 'status=', '']) {
      assert.notEqual(await hand(variables, `done?errand=${id}&${bad}`), 200, bad)
    }
    assert.equal(await hand(variables, 'done?errand=99&status=0'), 403)
  })

  it('is lost when the machine restarts in the middle; a machine that never fetches it is reported differently', async () => {
    await rig.start()
    rig.site.nfs.udp = false // its kernel is seen
    const first = awaitCommand(rig.site.lab, { id: ask(), seconds: 600 })
    await up(rig.machine, await boot())
    await boot()
    await assert.rejects(run(first), beError('BE_COMMAND_LOST', /started again/))
    const second = awaitCommand(rig.site.lab, { id: ask(), seconds: 60 })
    await run(rig.machine.dhcp(INSTALLED))
    await assert.rejects(run(second), beError('BE_COMMAND_LATE', /be prepare fb14/))
  })
})
