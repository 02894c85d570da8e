import assert from 'node:assert/strict'
import { wrongBroadcastRoute } from '../../src/host/broadcast-route.ts'
import { FakeRoute } from '../support/fake-route.ts'

describe('host/broadcast-route', () => {
  it('says nothing where broadcasts leave by the interface of the lab', async () => {
    assert.equal(await wrongBroadcastRoute(new FakeRoute('em1').run, 'em1'), undefined)
  })

  it('names the interface that they leave by, and the command that helps; applied, it does, until it is undone', async () => {
    const route = new FakeRoute('em0')
    const wrong = await wrongBroadcastRoute(route.run, 'em1')
    assert.deepEqual([wrong?.by, wrong?.cure], ['em0', 'route add -host 255.255.255.255 -iface em1'])
    await wrong?.step.apply?.()
    assert.equal(await wrongBroadcastRoute(route.run, 'em1'), undefined)
    await wrong?.step.undo?.()
    assert.equal((await wrongBroadcastRoute(route.run, 'em1'))?.by, 'em0')
  })

  it('without a default route they cannot be sent at all', async () => {
    const wrong = await wrongBroadcastRoute(new FakeRoute(undefined).run, 'em1')
    assert.equal(wrong?.by, undefined)
    assert.match(wrong!.cure, /^route add /)
  })
})
