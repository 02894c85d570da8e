import assert from 'node:assert/strict'
import { Assignments } from '../../src/machines/assignment.ts'
import { Inventory } from '../../src/machines/inventory.ts'
import { type Database, openDatabase } from '../../src/state/database.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const MAC = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'] as const

describe('inventory and assignments', () => {
  const tmp = temporaryDirectory()
  let db: Database
  let inventory: Inventory
  let assignments: Assignments
  beforeEach(() => {
    db = openDatabase(tmp.path)
    inventory = new Inventory(db)
    assignments = new Assignments(db)
    inventory.add({ name: 'Lab-1', mac: MAC[0], ip: '192.168.2.1', password: '1.2.3.4', kind: 'metal' })
    inventory.add({ name: 'lab-2', mac: MAC[1] })
  })
  afterEach(() => db.close())

  it('finds a machine by any spelling of name or MAC, as it was added', () => {
    for (const key of ['Lab-1', 'lab-1', 'LAB-1', MAC[0], '0200.0000.0001', '02-00-00-00-00-01']) {
      assert.deepEqual(inventory.find(key), {
        name: 'Lab-1',
        mac: MAC[0],
        ip: '192.168.2.1',
        password: '1.2.3.4',
        kind: 'metal',
      })
    }
    assert.deepEqual(
      inventory.list().map(({ name }) => name),
      ['Lab-1', 'lab-2'],
    )
  })

  it('set changes the given fields and no others; undefined ones are removed', () => {
    inventory.set('lab-2', { ip: '192.168.2.2', clientId: 'text', hardware: { memory: 512 } })
    assignments.assign('b1', 'lab-2')
    const { clientId } = inventory.find('lab-2')
    inventory.set('LAB-2', { kind: 'qemu', ip: undefined })
    assert.deepEqual(inventory.find(MAC[1]), {
      ...{ name: 'lab-2', mac: MAC[1], clientId, kind: 'qemu' },
      hardware: { memory: 512 },
    })
    assert.equal(assignments.assignmentOf('lab-2')?.be, 'b1')
    inventory.set('lab-2', { mac: MAC[2], hardware: undefined })
    assert.deepEqual(inventory.find('lab-2'), { name: 'lab-2', mac: MAC[2], clientId, kind: 'qemu' })
  })

  it('set refuses values of another machine and invalid ones, and then changes nothing', () => {
    const before = inventory.list()
    const set = (changes: Parameters<Inventory['set']>[1]) => () => inventory.set('lab-2', changes)
    assert.throws(set({ mac: MAC[0] }), beError('BE_MACHINE_MAC_TAKEN'))
    assert.throws(set({ ip: '192.168.2.1', kind: 'xen' }), beError('BE_MACHINE_IP_TAKEN'))
    assert.throws(set({ kind: 'toaster' }), beError('BE_MACHINE_KIND'))
    assert.throws(() => inventory.set('lab-9', {}), beError('BE_MACHINE_UNKNOWN'))
    inventory.set('lab-2', { kind: 'xen' }, true)
    assert.deepEqual(inventory.list(), before)
  })

  it('a second machine of the same name, MAC or address is refused, each with its own error', () => {
    const add = (name: string, mac: string, ip?: string) => () => inventory.add({ name, mac, ip })
    assert.throws(add('LAB-1', MAC[2]), beError('BE_MACHINE_EXISTS', /Lab-1 exists/))
    assert.throws(add('lab-3', '020000000001'), beError('BE_MACHINE_MAC_TAKEN', /machine Lab-1/))
    assert.throws(add('lab-3', MAC[2], '192.168.2.1'), beError('BE_MACHINE_IP_TAKEN', /machine Lab-1/))
    assert.equal(inventory.list().length, 2)
    inventory.add({ name: 'lab-3', mac: MAC[2] })
  })

  it('a client identifier belongs to one machine, whatever its spelling', () => {
    inventory.add({ name: 'lab-3', mac: MAC[2], clientId: 'rack' })
    const twice = () => inventory.add({ name: 'lab-4', mac: '020000000004', clientId: '0x7261636B' })
    assert.throws(twice, beError('BE_CLIENT_ID_TAKEN', /machine lab-3/))
    assert.equal(inventory.byClientId('7261636b')?.name, 'lab-3')
    assert.equal(inventory.find('lab-3').clientId, '7261636b')
  })

  it('the error for an unknown machine suggests similar names', () => {
    assert.throws(() => inventory.find('lba-2'), beError('BE_MACHINE_UNKNOWN', /did you mean lab-2/))
    assert.throws(() => inventory.remove(MAC[2]), beError('BE_MACHINE_UNKNOWN'))
    assert.throws(() => assignments.assign('a', 'lab-9'), beError('BE_MACHINE_UNKNOWN'))
    assert.throws(() => assignments.unassign('lab-9'), beError('BE_MACHINE_UNKNOWN'))
    assert.equal(inventory.get(MAC[2]), undefined)
  })

  it('a machine boots its own BE, all others the default', () => {
    assert.equal(assignments.assignmentOf('lab-1'), undefined)
    assignments.assign('common')
    assignments.assign('special', 'lab-1')
    assert.deepEqual(assignments.assignmentOf('0200.0000.0001'), { be: 'special', rule: 'machine' })
    assert.deepEqual(assignments.assignmentOf('lab-2'), { be: 'common', rule: 'default' })
    assert.deepEqual(assignments.assignmentOf('02:99:99:99:99:99'), { be: 'common', rule: 'default' })
  })

  it('a new assignment replaces the old one, the default too', () => {
    for (const be of ['a', 'b']) {
      assignments.assign(be)
      assignments.assign(`${be}1`, 'lab-1')
    }
    assert.equal(assignments.defaultBe(), 'b')
    assert.deepEqual(assignments.assignmentOf('lab-1'), { be: 'b1', rule: 'machine' })
    assert.equal(db.all('SELECT * FROM assignments').length, 2)
  })

  it('unassign falls back to the default, and then to nothing', () => {
    assignments.assign('common')
    assignments.assign('special', 'lab-1')
    assert.equal(assignments.unassign('lab-1'), true)
    assert.equal(assignments.unassign('lab-1'), false)
    assert.deepEqual(assignments.assignmentOf('lab-1'), { be: 'common', rule: 'default' })
    assert.equal(assignments.unassign(), true)
    assert.equal(assignments.assignmentOf('lab-1'), undefined)
  })

  it('lists the uses of a BE, which keep it from being destroyed', () => {
    assignments.assign('a', 'lab-2')
    assignments.assign('a', 'lab-1')
    assignments.assign('a')
    assert.deepEqual(
      assignments.machinesOf('a').map(({ name }) => name),
      ['Lab-1', 'lab-2'],
    )
    assert.deepEqual(assignments.usesOf('a'), ['the default', 'assigned to Lab-1', 'assigned to lab-2'])
    assert.deepEqual(assignments.usesOf('b'), [])
  })

  it('removing a machine removes its assignment: another of that name has none', () => {
    assignments.assign('a', 'lab-1')
    assert.equal(inventory.remove('lab-1').mac, MAC[0])
    assert.deepEqual(assignments.machinesOf('a'), [])
    inventory.add({ name: 'lab-1', mac: MAC[0] })
    assert.equal(assignments.assignmentOf('lab-1'), undefined)
  })
})
