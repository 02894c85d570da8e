import type { Database } from './database.ts'

/** Stands for the default where a MAC is expected. */
const DEFAULT = ''

/** The boot environment of each machine. A machine is named by its MAC; undefined stands for the default. */
export class AssignmentTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** On disk when it returns. False: there is no such machine. */
  put(be: string, mac: string | undefined): boolean {
    const upsert = 'ON CONFLICT (coalesce(machine, 0)) DO UPDATE SET be = excluded.be'
    if (mac === undefined) {
      return this.#db.run(`INSERT INTO assignments (machine, be) VALUES (NULL, ?) ${upsert}`, be) > 0
    }
    // ON CONFLICT has to follow a WHERE: otherwise SQLite takes ON for that of a join.
    const select = 'SELECT id, ? FROM machines WHERE mac = ?'
    return this.#db.run(`INSERT INTO assignments (machine, be) ${select} ${upsert}`, be, mac) > 0
  }

  /** False: there was none. */
  delete(mac: string | undefined): boolean {
    if (mac === undefined) return this.#db.run('DELETE FROM assignments WHERE machine IS NULL') > 0
    const machine = '(SELECT id FROM machines WHERE mac = ?)'
    return this.#db.run(`DELETE FROM assignments WHERE machine = ${machine}`, mac) > 0
  }

  /** The BE assigned to this machine itself, or the default. */
  get(mac: string | undefined): string | undefined {
    return this.#all.get(mac ?? DEFAULT)
  }

  get #all(): Map<string, string> {
    return this.#db.cached('assignments', () => {
      const rows = this.#db.all('SELECT mac, be FROM assignments LEFT JOIN machines ON machines.id = machine')
      return new Map(rows.map(row => [row.mac === null ? DEFAULT : String(row.mac), String(row.be)]))
    })
  }

  /** MACs of the machines that have this BE assigned themselves, in the order of their names. */
  macsOf(be: string): string[] {
    return this.#db
      .all(
        'SELECT mac FROM assignments JOIN machines ON machines.id = machine WHERE be = ? ORDER BY name',
        be,
      )
      .map(row => String(row.mac))
  }
}
