import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Assignments } from '../../src/machines/assignment.ts'
import { Inventory } from '../../src/machines/inventory.ts'
import { type Database, openDatabase } from '../../src/state/database.ts'
import { MIGRATIONS } from '../../src/state/migrations.ts'
import { ShareTable } from '../../src/state/share-table.ts'
import { beError } from '../support/errors.ts'
import { temporaryDirectory } from '../support/temporary.ts'

/** Runs `work` as a user without rights, where the tests run as root. */
function unprivileged(work: () => void): void {
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(65534)
  try {
    work()
  } finally {
    if (root) process.seteuid?.(0)
  }
}

describe('state/database', () => {
  const tmp = temporaryDirectory()
  const open = (dir = tmp.path) => openDatabase(dir)

  it('cannot be read by other users: it holds passwords', () => {
    const dir = join(tmp.path, 'a/state')
    open(dir).close()
    assert.equal(statSync(dir).mode & 0o777, 0o750)
    assert.equal(statSync(join(dir, 'nbe.db')).mode & 0o037, 0)
  })

  it('syncs each commit to disk, so that a power cut loses no acknowledged assignment', () => {
    const db = open()
    assert.equal(db.get('PRAGMA journal_mode')?.journal_mode, 'wal')
    assert.equal(db.get('PRAGMA synchronous')?.synchronous, 2)
    assert.equal(db.get('PRAGMA foreign_keys')?.foreign_keys, 1)
    db.close()
  })

  it('opens a database of its own version again and leaves it as it is', () => {
    const first = open()
    first.run("INSERT INTO machines (name, mac) VALUES ('m1', '02:00:00:00:00:01')")
    first.close()
    const second = open()
    assert.equal(second.all('SELECT * FROM machines').length, 1)
    assert.equal(second.get('PRAGMA user_version')?.user_version, MIGRATIONS.length)
    second.close()
  })

  it('undoes all of a transaction that fails', () => {
    const db = open()
    const failing = () => {
      db.run("INSERT INTO assignments (machine, be) VALUES (NULL, 'a')")
      throw new Error('stop')
    }
    assert.throws(() => db.transaction(failing), /stop/)
    assert.throws(() => db.transaction(() => db.transaction(failing)), /stop/)
    assert.deepEqual(db.all('SELECT * FROM assignments'), [])
    db.close()
  })

  it('has a version that changes by writes of other processes only', () => {
    const server = open()
    const command = open()
    const add = (db: Database, be: string) => db.run('INSERT INTO machines (name, mac) VALUES (?, ?)', be, be)
    const before = server.dataVersion()
    add(server, 'a')
    assert.equal(server.dataVersion(), before)
    add(command, 'b')
    assert.notEqual(server.dataVersion(), before)
    server.close()
    command.close()
  })

  it('reports that another process holds the lock', () => {
    const db = open()
    const other = new DatabaseSync(db.file)
    other.exec('BEGIN IMMEDIATE')
    db.setBusyTimeout(0)
    assert.throws(() => db.transaction(() => {}), beError('BE_STATE_BUSY', /try again/))
    other.close()
    db.close()
  })

  for (const version of MIGRATIONS.keys()) {
    it(`migrates tables of version ${version} with their contents`, () => {
      const raw = new DatabaseSync(join(tmp.path, 'nbe.db'))
      for (const step of MIGRATIONS.slice(0, version)) raw.exec(step)
      raw.exec(`PRAGMA user_version = ${version}`)
      if (version > 0) {
        raw.exec(`INSERT INTO machines (name, mac, uuid) VALUES ('m1', '02:00:00:00:00:01', 'u');
          INSERT INTO assignments (machine, be) VALUES (1, 'fb14'), (NULL, 'fb15');
          INSERT INTO shares VALUES ('fb14', '/ROOT/fb14', '["10.0.0.0/8"]', NULL, 1, 7${version > 1 ? ", 1, '[]', 'ab'" : ''})`)
      }
      raw.close()
      const db = open()
      assert.equal(db.get('PRAGMA user_version')?.user_version, MIGRATIONS.length)
      assert.deepEqual(db.all('SELECT * FROM onces'), [])
      if (version > 0) {
        assert.deepEqual(new Inventory(db).list(), [{ name: 'm1', mac: '02:00:00:00:00:01', uuid: 'u' }])
        assert.deepEqual(new Assignments(db).assignmentOf('m1'), { be: 'fb14', rule: 'machine' })
        assert.equal(new Assignments(db).defaultBe(), 'fb15')
        const { be, clients, id } = new ShareTable(db).get('fb14')!
        assert.deepEqual([be, clients, id], ['fb14', ['10.0.0.0/8'], 7])
      }
      db.close()
    })
  }

  it('refuses tables of a newer version', () => {
    open().close()
    const raw = new DatabaseSync(join(tmp.path, 'nbe.db'))
    raw.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    raw.close()
    assert.throws(() => open(), beError('BE_STATE_NEWER', /version \d+ or older, found/))
  })

  it('reports a file that is no database, and one that is damaged', () => {
    writeFileSync(join(tmp.path, 'nbe.db'), 'these are not the bytes of a database, are they? '.repeat(50))
    assert.throws(() => open(), beError('BE_STATE_CORRUPT', /nbe\.db is damaged/))

    const dir = join(tmp.path, 'other')
    open(dir).close()
    const bytes = Buffer.alloc(3 * 4096, 0xa5)
    new DatabaseSync(join(dir, 'nbe.db')).close()
    const file = join(dir, 'nbe.db')
    writeFileSync(file, bytes, { flag: 'r+' })
    assert.throws(() => open(dir), beError('BE_STATE_CORRUPT'))
  })

  it('reports what to do when it may not write', () => {
    chmodSync(tmp.path, 0o555)
    unprivileged(() => {
      assert.throws(() => open(), beError('BE_STATE_PERMISSION', /run be as root/))
      assert.throws(
        () => open(join(tmp.path, 'deeper')),
        beError('BE_STATE_PERMISSION', /no \S*deeper\S* yet/),
      )
    })
    chmodSync(tmp.path, 0o755)
  })

  it('reads a database of another user, and reports that it may not write it', () => {
    const theirs = open()
    theirs.run("INSERT INTO boots (machine, woken) VALUES ('a', 1)")
    theirs.close()
    chmodSync(tmp.path, 0o755)
    chmodSync(join(tmp.path, 'nbe.db'), 0o444)
    unprivileged(() => {
      const read = open()
      assert.equal(read.readOnly, true)
      assert.equal(read.get('SELECT machine FROM boots')?.machine, 'a')
      assert.throws(() => read.run('DELETE FROM boots'), beError('BE_STATE_PERMISSION', /run be as root/))
      read.close()
    })
  })

  it('reports a state directory that is a file, and a database file that is a directory', () => {
    const file = join(tmp.path, 'file')
    writeFileSync(file, '')
    assert.throws(() => open(file), beError('BE_STATE_NOT_DIRECTORY'))
    assert.throws(() => open(join(file, 'state')), beError('BE_STATE_NOT_DIRECTORY'))
    mkdirSync(join(tmp.path, 'nbe.db'))
    assert.throws(() => open(), beError('BE_STATE_CORRUPT', /is a directory/))
  })
})
