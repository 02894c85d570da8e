import assert from 'node:assert/strict'
import { nodeClock } from '../../src/net/node.ts'
import { withExportsLock } from '../../src/state/lock.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('state/lock', () => {
  const tmp = temporaryDirectory()

  it('lets one change exports at a time, and is released when its work fails', async () => {
    const order: string[] = []
    let finish = () => {}
    const slow = withExportsLock(tmp.path, nodeClock, async () => {
      order.push('first begins')
      await new Promise<void>(done => {
        finish = done
      })
      order.push('first ends')
      throw new Error('no export')
    })
    const next = withExportsLock(tmp.path, nodeClock, async () => order.push('second'))
    while (order.length === 0) await new Promise(setImmediate)
    finish()
    await assert.rejects(slow, /no export/)
    await next
    assert.deepEqual(order, ['first begins', 'first ends', 'second'])
  })
})
