import type { Database, Row } from './database.ts'

/** The last boot of one machine. */
export interface BootRow<T> {
  /** Its MAC in the inventory, or that of its interface when it is not in there. */
  machine: string
  /** When it was switched on last, in ms since the epoch. */
  woken?: number
  /** The token of its call-back, and its boot; absent when it has not booted. */
  token?: string
  boot?: T
}

/** The last boot of each machine, as JSON (session/boots.ts has the type). */
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

  /** Stores boots and deletes those of the machines in `forgotten`, in one commit. */
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

  /** The machine was switched on at this time: by Wake-on-LAN, or as a virtual machine. */
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
