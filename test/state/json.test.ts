import assert from 'node:assert/strict'
import { openDatabase } from '../../src/state/database.ts'
import { MachineTable } from '../../src/state/machine-table.ts'
import { ShareTable } from '../../src/state/share-table.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('state: a damaged row of what cannot be done without', () => {
  const tmp = temporaryDirectory()

  it('is named, with its table: a share without its clients would be open to all', () => {
    const db = openDatabase(tmp.path)
    db.run("INSERT INTO shares (be, path, clients, read_only, id) VALUES ('fb14', '/ROOT/fb14', '[', 0, 1)")
    assert.throws(() => new ShareTable(db).all(), beError('BE_STATE_CORRUPT', /clients of share fb14/))
    db.run("INSERT INTO machines (name, mac, hardware) VALUES ('m1', '52:54:00:12:34:56', '{')")
    assert.throws(() => new MachineTable(db).all(), beError('BE_STATE_CORRUPT', /hardware of machine m1/))
    db.close()
  })
})
