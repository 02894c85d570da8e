import type { Database, Row } from './database.ts'

/** The last boot of one machine. */
export interface BootRow<T> {
  /** The MAC that the inventory has of it; of a machine that it does not know, that of its interface. */
  machine: string
  /** When it was woken last, in ms since 1970. */
  woken?: number
  /** What it may report with, and what was seen of it; absent when nothing was. */
  token?: string
  boot?: T
}

/** Boots as the session room describes them, kept as JSON. */
export class BootTable<T> {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  all(): BootRow<T>[] {
    return this.#db.all('SELECT * FROM boots ORDER BY machine').map(toBoot<T>)
  }

  get(machine: string): BootRow<T> | undefined {
    const row = this.#db.get('SELECT * FROM boots WHERE machine = ?', machine)
    return row && toBoot<T>(row)
  }

  /** All of them share one commit, with those that are forgotten. */
  put(rows: readonly { machine: string; token: string; boot: T }[], forgotten: Iterable<string> = []): void {
    this.#db.transaction(() => {
      for (const machine of forgotten) this.#db.run('DELETE FROM boots WHERE machine = ?', machine)
      for (const { machine, token, boot } of rows) {
        this.#db.run(
          `INSERT INTO boots (machine, token, boot) VALUES (?, ?, ?)
           ON CONFLICT (machine) DO UPDATE SET token = excluded.token, boot = excluded.boot`,
          machine,
          token,
          JSON.stringify(boot),
        )
      }
    })
  }

  /** It was woken, or its virtual machine started. */
  recordWake(machine: string, at: number): void {
    const upsert = 'ON CONFLICT (machine) DO UPDATE SET woken = excluded.woken'
    this.#db.run(`INSERT INTO boots (machine, woken) VALUES (?, ?) ${upsert}`, machine, at)
  }
}

const toBoot = <T>({ machine, woken, token, boot }: Row): BootRow<T> => ({
  machine: String(machine),
  ...(woken !== null && { woken: Number(woken) }),
  ...(token !== null && { token: String(token) }),
  ...(boot !== null && { boot: JSON.parse(String(boot)) as T }),
})
