import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseClientId } from '../../src/machines/client-id.ts'
import { Inventory } from '../../src/machines/inventory.ts'
import { parseMachine } from '../../src/machines/machine.ts'
import { MachineMatcher } from '../../src/machines/matcher.ts'
import { clientIdIdentifiesNobody, uuidIdentifiesNobody } from '../../src/machines/no-identity.ts'
import { openDatabase } from '../../src/state/database.ts'
import { MachineTable } from '../../src/state/machine-table.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** As FreeBSD's rc.d/hostid, FOG, GLPI and dmidecode output of boards without a UUID have them. */
const SHARED = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  'fefefefe-fefe-fefe-fefe-fefefefefefe',
  '11111111-1111-1111-1111-111111111111',
  '58585858-5858-5858-5858-585858585858',
  '01010101-0101-0101-0101-010101010101',
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '07090201-0103-0301-0807-060504030201',
  '11111111-2222-3333-4444-555555555555',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '78563412-3412-7856-90ab-cddeefaabbcc',
  '4c4c4544-0000-2010-8020-80c04f202020',
  '44454c4c-0000-1020-8020-80c04f202020',
  '890e2d14-cacd-45d1-ae66-bc80e8bfeb0f',
  '8e275844-178f-44a8-aceb-a7d7e5178c63',
  'dc698397-fa54-4cf2-82c8-b1b5307a6a7f',
  '6ab5b300-538d-1014-9fb5-b0684d007b53',
  '56f49712-ffff-ffff-ffff-ffffffffffff',
  'ffffff00-ffff-ffff-ffff-ffffffffffff',
]
const OWN = ['4c4c4544-0042-3510-8052-b3c04f4b4e32', '00000000-0000-0000-0000-ac1f6b123456']

const MAC = '02:00:00:00:00:01'
const OTHER = '02:00:00:00:00:99'
const compact = (uuid: string) => uuid.replaceAll('-', '')

describe('identities that identify nobody', () => {
  it('a UUID that many boards have is refused, in either byte order; one of its own is not', () => {
    for (const uuid of SHARED) {
      const add = () => parseMachine({ name: 'm1', mac: MAC, uuid: uuid.toUpperCase() })
      assert.throws(add, beError('BE_MACHINE_UUID', /many boards have it/), uuid)
    }
    for (const uuid of OWN) assert.equal(parseMachine({ name: 'm1', mac: MAC, uuid }).uuid, uuid)
  })

  it('random UUIDs are nobody else’s', () => {
    fc.assert(fc.property(fc.uuid({ version: 4 }), uuid => !uuidIdentifiesNobody(uuid)))
  })

  it('a client identifier of zeros, of a type byte alone, of no unicast address, or of such a UUID is refused', () => {
    const nothing = [
      ...['0x0000', '00:00:00:00:00:00:00', '0x01000000000000', '0xff00000000', '0x01ffffffffffff'],
      ...['0x010180c2000000', '0x0100', `0x00${compact(SHARED[6]!)}`, `0x${compact(SHARED[7]!)}`],
      `0xff112233440004${compact(SHARED[0]!)}`,
      `0xff112233440004${compact(SHARED[10]!)}`,
    ]
    for (const id of nothing)
      assert.throws(() => parseClientId(id), beError('BE_CLIENT_ID', /no machine/), id)
    assert.ok(['', '00', '01', 'ff'].every(clientIdIdentifiesNobody), 'a type byte alone')
    for (const id of ['0x01525400123456', 'rack-7', '0x0007', `0x00${compact(OWN[0]!)}`]) {
      assert.ok(parseClientId(id), id)
    }
  })

  describe('in the inventory of an earlier version', () => {
    const tmp = temporaryDirectory()

    it('load, are named, and find no machine', () => {
      const db = openDatabase(tmp.path)
      const [zero, ami] = [SHARED[0]!, SHARED[6]!]
      const table = new MachineTable(db)
      table.insert({ name: 'm1', mac: MAC, uuid: zero })
      table.insert({ name: 'm2', mac: '02:00:00:00:00:02', uuid: ami, clientId: '0000' })
      const inventory = new Inventory(db)
      const matcher = new MachineMatcher(inventory)
      for (const uuid of [zero, ami, SHARED[7]!]) {
        assert.equal(matcher.machineOf({ mac: OTHER, uuid }), undefined, uuid)
      }
      for (const clientId of ['0000', '000000', '00']) {
        assert.equal(matcher.machineOf({ mac: OTHER, clientId }), undefined, clientId)
      }
      assert.equal(matcher.machineOf({ mac: MAC, uuid: ami })?.name, 'm1', 'its MAC still does')
      assert.deepEqual(inventory.sharedIdentities(), [
        { machine: 'm1', field: 'uuid', value: zero },
        { machine: 'm2', field: 'uuid', value: ami },
        { machine: 'm2', field: 'client-id', value: '0x0000' },
      ])
      inventory.set('m1', { host: 'one.lab' })
      inventory.set('m1', { uuid: undefined })
      assert.equal(inventory.find('m1').uuid, undefined)
      db.close()
    })
  })
})
