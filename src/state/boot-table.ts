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

/** A boot that cannot be read: damaged on disk, or edited. */
export interface DamagedBoot {
  machine: string
  /** As it is stored. */
  text: string
}

/** The last boot of each machine, as JSON (session/boots.ts has the type). */
export class BootTable<T> {
  readonly #db: Database
  readonly #read: (value: unknown) => T | undefined

  /** `read` checks what was stored: undefined for what is no boot, which then counts as absent. */
  constructor(db: Database, read: (value: unknown) => T | undefined) {
    this.#db = db
    this.#read = read
  }

  all(): BootRow<T>[] {
    return this.#db.all('SELECT * FROM boots ORDER BY machine').map(row => this.#toBoot(row))
  }

  get(machine: string): BootRow<T> | undefined {
    const row = this.#db.get('SELECT * FROM boots WHERE machine = ?', machine)
    return row && this.#toBoot(row)
  }

  damaged(): DamagedBoot[] {
    return this.#db
      .all('SELECT machine, boot FROM boots WHERE boot IS NOT NULL ORDER BY machine')
      .filter(({ boot }) => this.#parse(boot) === undefined)
      .map(({ machine, boot }) => ({ machine: String(machine), text: String(boot) }))
  }

  /** Deletes the boots of these machines; when they were switched on stays. */
  forget(machines: readonly string[]): void {
    this.#db.transaction(() => {
      for (const machine of machines) {
        this.#db.run('UPDATE boots SET token = NULL, boot = NULL WHERE machine = ?', machine)
      }
    })
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

  #toBoot({ machine, woken, token, boot }: Row): BootRow<T> {
    const read = boot === null ? undefined : this.#parse(boot)
    return {
      machine: String(machine),
      ...(woken !== null && { woken: Number(woken) }),
      ...(token !== null && read !== undefined && { token: String(token) }),
      ...(read !== undefined && { boot: read }),
    }
  }

  #parse(text: unknown): T | undefined {
    try {
      return this.#read(JSON.parse(String(text)))
    } catch {
      return undefined
    }
  }
}
