import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openDatabase } from '../../src/state/database.ts'
import { MachineTable } from '../../src/state/machine-table.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { OVMF, SimMachine } from './clients.ts'
import { SimSite } from './site.ts'

describe('a board whose firmware has no UUID of its own', () => {
  const tmp = temporaryDirectory()

  it('is not taken for the machine that an earlier version stored with that UUID, which be serve names', async () => {
    const db = openDatabase(join(tmp.path, 'state'))
    new MachineTable(db).insert({
      name: 'm1',
      mac: '02:00:00:00:00:01',
      ip: '192.168.77.50',
      uuid: '00000000-0000-0000-0000-000000000000',
    })
    db.close()
    const site = await SimSite.start(tmp.path)
    const detail = { machine: 'm1', field: 'uuid', value: '00000000-0000-0000-0000-000000000000' }
    assert.deepEqual(site.last('machine:no-identity')?.detail, detail)
    const zeros = OVMF.options.map(
      ([code, value]) => [code, code === 97 ? Buffer.alloc(17) : value] as [number, Buffer],
    )
    const stranger = new SimMachine(site.net, '02:00:00:00:00:99')
    const ack = await site.run(stranger.dhcp({ ...OVMF, options: zeros }))
    assert.equal(ack.yiaddr, '192.168.77.100')
    await site.stop()
  })
})
