import type { Database, Row } from './database.ts'

/** A row of `machines`. The table keeps what it is given: the machines room checks and normalises. */
export interface MachineRow {
  name: string
  /** Lower-case, colons. */
  mac: string
  uuid?: string
  ip?: string
  host?: string
  password?: string
  kind?: string
}

/** Columns that name one machine; a UUID that several machines have names none. */
export type MachineKey = 'name' | 'mac' | 'ip' | 'uuid'

export class MachineTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** All, by name. */
  all(): MachineRow[] {
    return this.#db.all(`SELECT ${COLUMNS} FROM machines ORDER BY name`).map(toMachine)
  }

  /** Names are found in any case. */
  by(key: MachineKey, value: string): MachineRow | undefined {
    const row = this.#db.recall(SELECT[key], value)
    return row && toMachine(row)
  }

  insert(machine: MachineRow): void {
    this.#db.run(
      `INSERT INTO machines (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      machine.name,
      machine.mac,
      machine.uuid ?? null,
      machine.ip ?? null,
      machine.host ?? null,
      machine.password ?? null,
      machine.kind ?? null,
    )
  }

  /** Its assignment goes with it. */
  delete(name: string): void {
    this.#db.run('DELETE FROM machines WHERE name = ?', name)
  }

  /** See `Database.transaction`. */
  transaction<T>(work: () => T): T {
    return this.#db.transaction(work)
  }
}

const COLUMNS = 'name, mac, uuid, ip, host, password, kind'

const SELECT = {
  name: `SELECT ${COLUMNS} FROM machines WHERE name = ?`,
  mac: `SELECT ${COLUMNS} FROM machines WHERE mac = ?`,
  ip: `SELECT ${COLUMNS} FROM machines WHERE ip = ?`,
  uuid: `SELECT ${COLUMNS} FROM machines WHERE uuid = ?
    AND NOT EXISTS (SELECT 1 FROM machines other WHERE other.uuid = machines.uuid AND other.id <> machines.id)`,
} as const

export function toMachine(row: Row): MachineRow {
  const machine: MachineRow = { name: String(row.name), mac: String(row.mac) }
  for (const key of ['uuid', 'ip', 'host', 'password', 'kind'] as const) {
    const value = row[key]
    if (typeof value === 'string') machine[key] = value
  }
  return machine
}
