import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isReady, isServing, lockService } from '../../src/state/service-lock.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('state/service-lock', () => {
  const tmp = temporaryDirectory()
  const pidFile = () => join(tmp.path, 'state/serve.pid')
  const lock = () => lockService(join(tmp.path, 'state'))

  it('has one holder: two services would lease one address twice', () => {
    const mine = lock()
    assert.equal(readFileSync(pidFile(), 'utf8'), `${process.pid}\n`)
    assert.throws(
      lock,
      beError('BE_ALREADY_SERVING', new RegExp(`process ${process.pid},.*kill ${process.pid}`)),
    )
    assert.ok(existsSync(pidFile()), 'the process that was refused leaves the pid file alone')
    mine.release()
    assert.ok(!existsSync(pidFile()))
    mine.release()
    lock().release()
  })

  it('a pid file that was left is no lock, even if another process has that pid now', () => {
    lock().release()
    writeFileSync(pidFile(), `${process.ppid}\n`)
    lock().release()
  })

  it('can be tested for by other processes without keeping a service from starting', () => {
    const dir = join(tmp.path, 'state')
    assert.equal(isServing(dir), false, 'nothing there')
    const mine = lock()
    assert.equal(isServing(dir), true)
    mine.release()
    writeFileSync(pidFile(), `${process.ppid}\n`)
    assert.equal(isServing(dir), false, 'a pid file alone is no service')
    lock().release()
  })

  it('tells one that answers from one that starts, and from one that was killed', () => {
    const dir = join(tmp.path, 'state')
    const starting = lock()
    assert.equal(isReady(dir), false, 'machines would be started before there are exports')
    starting.ready()
    assert.equal(isReady(dir), true)
    starting.release()
    assert.equal(isReady(dir), false)
    writeFileSync(join(dir, 'serve.ready'), '1\n')
    const next = lock()
    assert.equal(isReady(dir), false, 'a mark that a killed one left says nothing of the next')
    next.release()
  })

  it('names no process when the pid file cannot be read', () => {
    const mine = lock()
    writeFileSync(pidFile(), 'x')
    assert.throws(lock, beError('BE_ALREADY_SERVING', /^another be serve serves out of/))
    mine.release()
  })
})
