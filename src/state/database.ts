import { closeSync, existsSync, lstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { BeError } from '../errors/errors.ts'
import { makeDirectory } from '../host/directory.ts'
import { giveToGroup } from '../host/group.ts'
import { isBusy, isForbidden, openError, stateError } from './errors.ts'
import { Memo } from './memo.ts'
import { MIGRATIONS } from './migrations.ts'

export type Row = Record<string, SQLOutputValue>

/** How long a writer waits for the transaction of another process to end (ms). */
const BUSY_MS = 5000

/**
 * The state: one SQLite file, used by `be serve` and any number of `be` commands at the same time.
 * What a statement or a transaction wrote is on disk when it returns (WAL with synchronous=FULL:
 * https://www.sqlite.org/pragma.html#pragma_synchronous). Every error is a BeError `BE_STATE_…`.
 */
export class Database {
  readonly file: string
  /** Opened by somebody who may only read it. */
  readonly readOnly: boolean
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #memo = new Memo(() => this.dataVersion())

  /** Use `openDatabase`. */
  constructor(file: string, db: DatabaseSync, readOnly = false) {
    this.file = file
    this.#db = db
    this.readOnly = readOnly
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#prepare(sql).all(...values))
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values))
  }

  /** Runs a statement that changes rows; answers how many. */
  run(sql: string, ...values: SQLInputValue[]): number {
    this.#memo.forget()
    return this.#guard(() => Number(this.#prepare(sql).run(...values).changes))
  }

  /** Does all of `work` or none of it, without another writer in between. A nested transaction is part of the outer one. */
  transaction<T>(work: () => T): T {
    if (this.#db.isTransaction) return work()
    // IMMEDIATE: otherwise a transaction that reads first can fail with SQLITE_BUSY when it writes.
    this.#guard(() => this.#db.exec('BEGIN IMMEDIATE'))
    try {
      const result = work()
      this.#guard(() => this.#db.exec('COMMIT'))
      return result
    } catch (error) {
      this.#memo.forget()
      // On some errors (disk full) SQLite itself rolls the transaction back.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /**
   * The result of `make`, cached under `key` until the database changes; a change by another process may be seen 50 ms
   * late. Not cached in a transaction. The caller must not modify the value.
   */
  cached<T>(key: string, make: () => T): T {
    return this.inTransaction ? make() : this.#memo.get(key, make)
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  /**
   * A number that changes when another connection has committed a change; takes microseconds
   * (https://www.sqlite.org/pragma.html#pragma_data_version).
   */
  dataVersion(): number {
    return Number(this.get('PRAGMA data_version')?.data_version)
  }

  /** Sets how long a writer of this process waits for the transaction of another process to end (ms). */
  setBusyTimeout(ms: number): void {
    this.#guard(() => this.#db.exec(`PRAGMA busy_timeout = ${ms}`))
  }

  close(): void {
    this.#statements.clear()
    if (this.#db.isOpen) this.#db.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw stateError(error, this.file)
    }
  }
}

/** Who may read the state besides its owner. */
export interface StateReaders {
  /** Name of the group, for messages, and its number. */
  group?: { name: string; gid: number }
  /** Directories, absolute, that are not given to the group although they may lie in that of the state. */
  except?: readonly string[]
}

/**
 * Opens `<dir>/nbe.db`, makes directory (0750) and file (0640: it holds Wake-on-LAN passwords) where they
 * are missing, and brings the tables up to date. As root it gives the directory to the group of `readers`. Who may read
 * the file, but not write it, gets a database that is `readOnly`.
 *
 * @throws BeError BE_STATE_PERMISSION, BE_STATE_NOT_DIRECTORY, BE_STATE_CORRUPT, BE_STATE_NEWER,
 * BE_STATE_BUSY, BE_STATE_FULL, BE_STATE_FAILED
 */
export function openDatabase(dir: string, readers: StateReaders = {}): Database {
  const file = join(dir, 'nbe.db')
  let db: DatabaseSync | undefined
  try {
    makeDirectory(dir, 0o750)
    // SQLite gives its -wal and -shm files the mode of the file itself.
    closeSync(openSync(file, 'a+', 0o640))
    db = new DatabaseSync(file, { timeout: BUSY_MS })
    useWal(db)
    db.exec('PRAGMA synchronous = FULL')
    const database = new Database(file, db)
    migrate(database, db)
    if (readers.group !== undefined && process.getuid?.() === 0) {
      giveToGroup(dir, readers.group.gid, readers.except)
    }
    return database
  } catch (error) {
    if (db?.isOpen) db.close()
    if (isForbidden(error)) return openToRead(file, readers)
    throw openError(error, dir, file)
  }
}

/**
 * Opens a database that this process may only read. While nobody has it open there is no write-ahead log, which a reader
 * could not make; the file alone is complete then, and does not change (https://www.sqlite.org/uri.html, immutable).
 */
function openToRead(file: string, readers: StateReaders): Database {
  let db: DatabaseSync | undefined
  try {
    const url = pathToFileURL(file)
    if (!existsSync(`${file}-wal`)) url.searchParams.set('immutable', '1')
    db = new DatabaseSync(url, { readOnly: true, timeout: BUSY_MS })
    const database = new Database(file, db, true)
    const version = Number(database.get('PRAGMA user_version')?.user_version)
    if (version > MIGRATIONS.length) throw newer(file, version)
    if (version === MIGRATIONS.length) return database
  } catch (error) {
    if (!isForbidden(error) && !(error instanceof BeError && error.code === 'BE_STATE_PERMISSION'))
      throw error
  }
  if (db?.isOpen) db.close()
  throw mayNotRead(file, readers)
}

/** As openDatabase, but without a database file none is made: an empty one in memory is used (`-n`). */
export function openDatabaseIfThere(dir: string, readers: StateReaders = {}): Database {
  const file = join(dir, 'nbe.db')
  if (!isAbsent(file)) return openDatabase(dir, readers)
  const db = new DatabaseSync(':memory:')
  const database = new Database(file, db)
  migrate(database, db)
  return database
}

/** False also where it cannot be seen whether it is there. */
function isAbsent(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

/** When two processes switch to WAL first, one can get SQLITE_BUSY at once, whatever the timeout: it tries again. */
function useWal(db: DatabaseSync): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let tries = BUSY_MS / 10; ; tries--) {
    try {
      db.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || tries <= 0) throw error
      Atomics.wait(pause, 0, 0, 10)
    }
  }
}

function migrate(database: Database, db: DatabaseSync): void {
  const version = () => Number(database.get('PRAGMA user_version')?.user_version)
  if (version() === MIGRATIONS.length) return
  database.transaction(() => {
    // Read again within the transaction: another process may have migrated meanwhile.
    const from = version()
    if (from > MIGRATIONS.length) throw newer(database.file, from)
    for (const step of MIGRATIONS.slice(from)) db.exec(step)
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
  })
}

const mayNotRead = (file: string, { group }: StateReaders) =>
  new BeError('BE_STATE_PERMISSION', `may not read the state in ${file}`, {
    expected:
      group === undefined
        ? 'root, or a member of the group that state.group names'
        : `root, or a member of the group ${group.name}`,
    hint: 'run be as root or as the user of be serve, or name another state.dir',
  })

const newer = (file: string, version: number) =>
  new BeError('BE_STATE_NEWER', `${file} was written by a newer nbe`, {
    expected: `tables of version ${MIGRATIONS.length} or older, found ${version}`,
    hint: 'run the newer nbe, or name another state.dir',
  })
