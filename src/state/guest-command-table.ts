import type { Database, Row } from './database.ts'

/** A command that a machine is to run in its next boot of a boot environment. Times in ms since the epoch. */
export interface GuestCommandRow {
  id: number
  /** The key of the machine in `boots`. */
  machine: string
  be: string
  /** For sh(1). */
  command: string
  /** How long it may run. */
  seconds: number
  /** When it was requested. */
  asked: number
  /** The token of the boot that took it. */
  session?: string
  /** Exit status; absent until it has ended. */
  status?: number
}

/** A boot that asks for a command. Times in ms since the epoch. */
export interface TakingBoot {
  machine: string
  be: string
  /** Its token. */
  session: string
  /** When it began. */
  began: number
  now: number
}

/** Added to the time that a command may wait to be taken (ms): the machine is started after the request. */
const START_MS = 60_000
/** After its time and this (ms) a command is deleted, where the process that requested it was killed and did not. */
const FORGET_MS = 86_400_000

/** Guest commands and their output. The SQL tables are called `errands` and `errand_output`. */
export class GuestCommandTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** On disk when it returns. Answers its id. */
  put({ machine, be, command, seconds, asked }: Omit<GuestCommandRow, 'id' | 'session' | 'status'>): number {
    const sql =
      'INSERT INTO errands (machine, be, command, seconds, asked) VALUES (?, ?, ?, ?, ?) RETURNING id'
    return this.#db.transaction(() => {
      this.#db.run('DELETE FROM errands WHERE asked + seconds * 1000 < ?', asked - FORGET_MS)
      return Number(this.#db.get(sql, machine, be, command, seconds, asked)!.id)
    })
  }

  get(id: number): GuestCommandRow | undefined {
    const row = this.#db.get('SELECT * FROM errands WHERE id = ?', id)
    return row && toGuestCommand(row)
  }

  /**
   * The oldest command for a boot of `be` on this machine that no boot has taken, or that this boot took and that has
   * not ended. A boot gets no command that was requested after it had begun. Commands that nobody waits for any more,
   * since their time is over, are deleted and not run.
   */
  take({ machine, be, session, began, now }: TakingBoot): GuestCommandRow | undefined {
    return this.#db.transaction(() => {
      const old = 'DELETE FROM errands WHERE session IS NULL AND asked + seconds * 1000 < ?'
      this.#db.run(old, now - START_MS)
      const sql = `SELECT * FROM errands WHERE machine = ? AND be = ? AND status IS NULL AND asked <= ?
        AND (session IS NULL OR session = ?) ORDER BY id LIMIT 1`
      const row = this.#db.get(sql, machine, be, began, session)
      if (row === undefined) return undefined
      this.#db.run('UPDATE errands SET session = ? WHERE id = ?', session, Number(row.id))
      return { ...toGuestCommand(row), session }
    })
  }

  /** Stores a piece of its output that begins at byte `at`; a piece that is there already stays. */
  addOutput(id: number, at: number, piece: Buffer): void {
    this.#db.run('INSERT OR IGNORE INTO errand_output (errand, at, piece) VALUES (?, ?, ?)', id, at, piece)
  }

  output(id: number): Buffer {
    const rows = this.#db.all('SELECT piece FROM errand_output WHERE errand = ? ORDER BY at', id)
    return Buffer.concat(rows.map(({ piece }) => piece as Uint8Array))
  }

  /** The number of bytes of output so far. */
  outputBytes(id: number): number {
    const sql = 'SELECT coalesce(sum(length(piece)), 0) AS bytes FROM errand_output WHERE errand = ?'
    return Number(this.#db.get(sql, id)!.bytes)
  }

  /** False: it had ended before. */
  end(id: number, status: number): boolean {
    return this.#db.run('UPDATE errands SET status = ? WHERE id = ? AND status IS NULL', status, id) > 0
  }

  /** Deletes it and its output. */
  remove(id: number): void {
    this.#db.run('DELETE FROM errands WHERE id = ?', id)
  }
}

const toGuestCommand = (row: Row): GuestCommandRow => ({
  id: Number(row.id),
  machine: String(row.machine),
  be: String(row.be),
  command: String(row.command),
  seconds: Number(row.seconds),
  asked: Number(row.asked),
  ...(row.session !== null && { session: String(row.session) }),
  ...(row.status !== null && { status: Number(row.status) }),
})
