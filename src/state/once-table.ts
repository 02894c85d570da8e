import type { Database, Row } from './database.ts'

/** What a machine is to boot once. Times: ms since 1970. */
export interface OnceRow {
  /** The machine, whatever its MAC becomes. */
  id: number
  /** MAC of the machine. */
  mac: string
  be: string
  /** When that was asked for. */
  asked: number
  /** When it first showed up since. */
  began?: number
}

export class OnceTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** In place of what was to be booted once before. False: there is no such machine. */
  put(be: string, mac: string, asked: number): boolean {
    const sql = `INSERT INTO onces (machine, be, asked) SELECT id, ?, ? FROM machines WHERE mac = ?
      ON CONFLICT (machine) DO UPDATE SET be = excluded.be, asked = excluded.asked, began = NULL`
    return this.#db.run(sql, be, asked, mac) > 0
  }

  /** The machine has shown up; only the first time counts. */
  begin({ id, asked }: OnceRow, at: number): void {
    const sql = 'UPDATE onces SET began = ? WHERE machine = ? AND asked = ? AND began IS NULL'
    this.#db.run(sql, at, id, asked)
  }

  /** It is used up, or taken back. False: there was none, or a later one. */
  remove({ id, asked }: OnceRow): boolean {
    return this.#db.run('DELETE FROM onces WHERE machine = ? AND asked = ?', id, asked) > 0
  }

  /** A boot environment has another name, or, without `to`, is gone. */
  rename(be: string, to: string | undefined): void {
    if (to === undefined) this.#db.run('DELETE FROM onces WHERE be = ?', be)
    else this.#db.run('UPDATE onces SET be = ? WHERE be = ?', to, be)
  }

  get(mac: string): OnceRow | undefined {
    return this.#all.get(mac)
  }

  all(): OnceRow[] {
    return [...this.#all.values()]
  }

  get #all(): Map<string, OnceRow> {
    return this.#db.cached('onces', () => {
      const rows = this.#db.all(
        'SELECT id, mac, be, asked, began FROM onces JOIN machines ON machines.id = machine ORDER BY name',
      )
      return new Map(rows.map(row => [String(row.mac), toOnce(row)]))
    })
  }
}

const toOnce = ({ id, mac, be, asked, began }: Row): OnceRow => ({
  id: Number(id),
  mac: String(mac),
  be: String(be),
  asked: Number(asked),
  ...(began !== null && { began: Number(began) }),
})
