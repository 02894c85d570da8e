import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeClock } from '../../src/net/node.ts'
import { isServed, lockForServing, withExportsLock } from '../../src/state/lock.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('state/lock', () => {
  const tmp = temporaryDirectory()
  const pidFile = () => join(tmp.path, 'state/serve.pid')
  const lock = () => lockForServing(join(tmp.path, 'state'))

  it('is one’s alone: two services would give one address twice', () => {
    const mine = lock()
    assert.equal(readFileSync(pidFile(), 'utf8'), `${process.pid}\n`)
    assert.throws(
      lock,
      beError('BE_ALREADY_SERVING', new RegExp(`process ${process.pid},.*kill ${process.pid}`)),
    )
    assert.ok(existsSync(pidFile()), 'who was refused leaves it')
    mine.release()
    assert.ok(!existsSync(pidFile()))
    mine.release()
    lock().release()
  })

  it('what another left behind is no lock, whoever has that pid now', () => {
    lock().release()
    writeFileSync(pidFile(), `${process.ppid}\n`)
    lock().release()
  })

  it('is seen by others, who keep nobody from it', () => {
    const dir = join(tmp.path, 'state')
    assert.equal(isServed(dir), false, 'nothing there')
    const mine = lock()
    assert.equal(isServed(dir), true)
    mine.release()
    writeFileSync(pidFile(), `${process.ppid}\n`)
    assert.equal(isServed(dir), false, 'a pid alone does not serve')
    lock().release()
  })

  it('names nobody when the pid is not to be read', () => {
    const mine = lock()
    writeFileSync(pidFile(), 'x')
    assert.throws(lock, beError('BE_ALREADY_SERVING', /^another be serve serves out of/))
    mine.release()
  })

  it('lets one change exports at a time, and frees the way when its work fails', async () => {
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
