import type { Database, Row } from './database.ts'

/** The boot environment that a machine boots once. Times in ms since the epoch. */
export interface OnceRow {
  /** `machines.id`, which stays when the MAC changes. */
  id: number
  /** MAC of the machine. */
  mac: string
  be: string
  /** When it was requested. */
  asked: number
  /** When the machine was first seen since. */
  began?: number
}

export class OnceTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Replaces an earlier one of this machine. False: there is no such machine. */
  put(be: string, mac: string, asked: number): boolean {
    const sql = `INSERT INTO onces (machine, be, asked) SELECT id, ?, ? FROM machines WHERE mac = ?
      ON CONFLICT (machine) DO UPDATE SET be = excluded.be, asked = excluded.asked, began = NULL`
    return this.#db.run(sql, be, asked, mac) > 0
  }

  /** The machine was seen at this time; only the first call has an effect. */
  begin({ id, asked }: OnceRow, at: number): void {
    const sql = 'UPDATE onces SET began = ? WHERE machine = ? AND asked = ? AND began IS NULL'
    this.#db.run(sql, at, id, asked)
  }

  /** Deletes it when it was used or cancelled. False: there was none, or another one by now. */
  remove({ id, asked }: OnceRow): boolean {
    return this.#db.run('DELETE FROM onces WHERE machine = ? AND asked = ?', id, asked) > 0
  }

  /** A boot environment was renamed to `to`, or, without it, destroyed. */
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
