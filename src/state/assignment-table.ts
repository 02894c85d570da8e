import type { Database } from './database.ts'

/** In the place of a MAC. */
const DEFAULT = ''

/** Which machine boots which BE. A machine is named by its MAC; undefined stands for the default. */
export class AssignmentTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** On disk when it returns. Answers false when there is no such machine. */
  put(be: string, mac: string | undefined): boolean {
    const upsert = 'ON CONFLICT (coalesce(machine, 0)) DO UPDATE SET be = excluded.be'
    if (mac === undefined) {
      return this.#db.run(`INSERT INTO assignments (machine, be) VALUES (NULL, ?) ${upsert}`, be) > 0
    }
    // WHERE before ON CONFLICT is needed: without it SQLite reads ON as a join's.
    const select = 'SELECT id, ? FROM machines WHERE mac = ?'
    return this.#db.run(`INSERT INTO assignments (machine, be) ${select} ${upsert}`, be, mac) > 0
  }

  /** Answers whether there was one. */
  delete(mac: string | undefined): boolean {
    if (mac === undefined) return this.#db.run('DELETE FROM assignments WHERE machine IS NULL') > 0
    const machine = '(SELECT id FROM machines WHERE mac = ?)'
    return this.#db.run(`DELETE FROM assignments WHERE machine = ${machine}`, mac) > 0
  }

  /** The BE of one machine alone, or the default. */
  get(mac: string | undefined): string | undefined {
    return this.#all.get(mac ?? DEFAULT)
  }

  get #all(): Map<string, string> {
    return this.#db.cached('assignments', () => {
      const rows = this.#db.all('SELECT mac, be FROM assignments LEFT JOIN machines ON machines.id = machine')
      return new Map(rows.map(row => [row.mac === null ? DEFAULT : String(row.mac), String(row.be)]))
    })
  }

  /** MACs of the machines that a BE is assigned to by name, in order of machine names. */
  macsOf(be: string): string[] {
    return this.#db
      .all(
        'SELECT mac FROM assignments JOIN machines ON machines.id = machine WHERE be = ? ORDER BY name',
        be,
      )
      .map(row => String(row.mac))
  }
}
