import type { Database, Row } from './database.ts'
import { readJson } from './json.ts'

/** A row of `machines`. Values are stored as they are; src/machines checks and normalises them. */
export interface MachineRow {
  name: string
  /** Lower-case, colons. */
  mac: string
  uuid?: string
  ip?: string
  host?: string
  password?: string
  kind?: string
  /** Hex digits, lower-case. */
  clientId?: string
  /** Stored as JSON. */
  hardware?: object
}

/** Columns that identify a machine. A UUID that several machines have identifies none. */
export type MachineKey = 'name' | Indexed

type Indexed = 'mac' | 'ip' | 'uuid' | 'clientId'

export class MachineTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** All machines, in the order of their names. */
  all(): MachineRow[] {
    return this.#db.all(`SELECT ${COLUMNS} FROM machines ORDER BY name`).map(toMachine)
  }

  /** The machine with this value; names are compared without regard to case. Answers a copy. */
  by(key: MachineKey, value: string): MachineRow | undefined {
    if (key === 'name' || this.#db.inTransaction) {
      const [row, second] = this.#db.all(
        `SELECT ${COLUMNS} FROM machines WHERE ${COLUMN_OF[key] ?? key} = ? LIMIT 2`,
        value,
      )
      return row !== undefined && second === undefined ? toMachine(row) : undefined
    }
    const known = this.#index[key].get(value)
    return known && { ...known }
  }

  /** The number of machines without a fixed address. */
  countWithoutAddress(): number {
    const sql = 'SELECT count(*) AS count FROM machines WHERE ip IS NULL'
    return this.#db.cached('machines without address', () => Number(this.#db.get(sql)?.count))
  }

  /** Machines by each key, cached: every DHCP packet looks some up, mostly without finding one. */
  get #index(): Record<Indexed, Map<string, MachineRow>> {
    return this.#db.cached('machines', () => {
      const all = this.all()
      return {
        mac: indexBy(all, 'mac'),
        ip: indexBy(all, 'ip'),
        uuid: indexBy(all, 'uuid'),
        clientId: indexBy(all, 'clientId'),
      }
    })
  }

  insert(machine: MachineRow): void {
    this.#db.run(
      `INSERT INTO machines (${STORED.join()}) VALUES (${STORED.map(() => '?').join()})`,
      ...values(machine),
    )
  }

  /** Its assignment stays. */
  update(name: string, machine: MachineRow): void {
    const set = STORED.map(column => `${column} = ?`)
    this.#db.run(`UPDATE machines SET ${set.join(', ')} WHERE name = ?`, ...values(machine), name)
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

const STORED = ['name', 'mac', 'uuid', 'ip', 'host', 'password', 'kind', 'client_id', 'hardware']
const COLUMNS = STORED.join().replace('client_id', 'client_id AS clientId')

/** In the order of STORED. */
const values = (machine: MachineRow): (string | null)[] => {
  const { name, mac, uuid, ip, host, password, kind, clientId, hardware } = machine
  const text = hardware === undefined ? undefined : JSON.stringify(hardware)
  return [name, mac, uuid, ip, host, password, kind, clientId, text].map(value => value ?? null)
}

/** Columns whose name differs from that of the field. */
const COLUMN_OF: Partial<Record<MachineKey, string>> = { clientId: 'client_id' }

/** Machines by a value, without values that several machines have. */
function indexBy(machines: MachineRow[], key: Indexed): Map<string, MachineRow> {
  const index = new Map<string, MachineRow>()
  const shared = new Set<string>()
  for (const machine of machines) {
    const value = machine[key]
    if (value === undefined) continue
    if (index.has(value)) shared.add(value)
    index.set(value, machine)
  }
  for (const value of shared) index.delete(value)
  return index
}

export function toMachine(row: Row): MachineRow {
  const machine: MachineRow = { name: String(row.name), mac: String(row.mac) }
  for (const key of ['uuid', 'ip', 'host', 'password', 'kind', 'clientId'] as const) {
    const value = row[key]
    if (typeof value === 'string') machine[key] = value
  }
  if (typeof row.hardware === 'string') {
    machine.hardware = readJson<object>(row.hardware, `hardware of machine ${machine.name}`)
  }
  return machine
}
