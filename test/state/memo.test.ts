import assert from 'node:assert/strict'
import { openDatabase } from '../../src/state/database.ts'
import { MachineTable } from '../../src/state/machine-table.ts'
import { Memo } from '../../src/state/memo.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('state/memo', () => {
  const tmp = temporaryDirectory()

  it('computes a value once, and again after forget()', () => {
    let made = 0
    const memo = new Memo(() => 1)
    const value = () => memo.get('machines', () => ++made)
    assert.deepEqual([value(), value(), value()], [1, 1, 1])
    memo.forget()
    assert.equal(value(), 2)
  })

  it('caches undefined, too', () => {
    let asked = 0
    const memo = new Memo(() => 1)
    for (let i = 0; i < 3; i++) memo.get<undefined>('nobody', () => void asked++)
    assert.equal(asked, 1)
  })

  it('changes by this process are seen at once: a machine that was just added gets its address', () => {
    const database = openDatabase(tmp.path)
    try {
      const machines = new MachineTable(database)
      assert.equal(machines.by('mac', '02:00:00:00:00:01'), undefined)
      machines.insert({ name: 'm1', mac: '02:00:00:00:00:01', ip: '10.0.0.5' })
      assert.equal(machines.by('mac', '02:00:00:00:00:01')?.ip, '10.0.0.5')
      assert.equal(machines.by('ip', '10.0.0.5')?.name, 'm1')
      machines.delete('m1')
      assert.equal(machines.by('ip', '10.0.0.5'), undefined)
    } finally {
      database.close()
    }
  })

  it('a machine that is returned is a copy: changing it does not change the cache', () => {
    const database = openDatabase(tmp.path)
    try {
      const machines = new MachineTable(database)
      machines.insert({ name: 'm1', mac: '02:00:00:00:00:01' })
      machines.by('mac', '02:00:00:00:00:01')!.name = 'changed'
      assert.equal(machines.by('mac', '02:00:00:00:00:01')!.name, 'm1')
    } finally {
      database.close()
    }
  })
})
