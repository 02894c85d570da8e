import assert from 'node:assert/strict'
import { Inventory } from '../../src/machines/inventory.ts'
import { MachineMatcher } from '../../src/machines/matcher.ts'
import { type Database, openDatabase } from '../../src/state/database.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const UUID = '33221100-5544-7766-8899-aabbccddeeff'
const SHARED = '8a2c1d3e-0400-4500-8006-00a700c80d09'
const [ONE, TWO, THREE, OTHER] = [
  '02:00:00:00:00:01',
  '02:00:00:00:00:02',
  '02:00:00:00:00:03',
  '02:00:00:00:00:99',
]

describe('machine matcher', () => {
  const tmp = temporaryDirectory()
  let db: Database
  let inventory: Inventory
  let matcher: MachineMatcher

  beforeEach(() => {
    db = openDatabase(tmp.path)
    inventory = new Inventory(db)
    inventory.add({ name: 'm1', mac: ONE!, uuid: UUID })
    inventory.add({ name: 'm2', mac: TWO!, uuid: SHARED })
    inventory.add({ name: 'm3', mac: THREE!, uuid: SHARED })
    matcher = new MachineMatcher(inventory)
  })

  afterEach(() => db.close())

  const nameOf = (mac: string, more: { uuid?: string; clientMac?: string; clientId?: string } = {}) =>
    matcher.machineOf({ mac, ...more })?.name

  it('finds a machine by its MAC before all else', () => {
    assert.equal(nameOf(ONE!), 'm1')
    assert.equal(nameOf(TWO!, { uuid: UUID }), 'm2')
  })

  it('finds it on another interface by UUID or client identifier, and then without both', () => {
    assert.equal(nameOf(OTHER!), undefined)
    assert.equal(nameOf(OTHER!, { uuid: UUID }), 'm1')
    assert.equal(nameOf(OTHER!), 'm1')
    assert.equal(nameOf(OTHER!, { clientMac: TWO! }), 'm2', 'the card was moved to another machine')
    assert.equal(nameOf(OTHER!), 'm2')
  })

  it('finds none by a UUID that several boards share', () => {
    assert.equal(nameOf(OTHER!, { uuid: SHARED }), undefined)
    assert.equal(nameOf(OTHER!, { uuid: SHARED, clientMac: THREE! }), 'm3')
  })

  it('finds it by a client identifier that is a name before UUID', () => {
    inventory.add({ name: 'm5', mac: '02:00:00:00:00:05', clientId: 'rack-5' })
    const clientId = Buffer.from('rack-5').toString('hex')
    assert.equal(nameOf(OTHER!, { clientId, uuid: UUID }), 'm5')
    assert.equal(nameOf(OTHER!), 'm5', 'its loader, which sends no identifier')
    assert.equal(nameOf('02:00:00:00:00:98', { clientId: `00${clientId}` }), 'm5', 'with type byte 0')
    assert.equal(nameOf('02:00:00:00:00:97', { clientId: `01${clientId}` }), undefined)
  })

  it('does not find a machine that was removed, nor its former interface', () => {
    nameOf(OTHER!, { uuid: UUID })
    inventory.remove('m1')
    assert.equal(nameOf(OTHER!), undefined)
    inventory.add({ name: 'm4', mac: OTHER! })
    assert.equal(nameOf(OTHER!, { uuid: UUID }), 'm4')
  })
})
