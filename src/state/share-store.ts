import type { Database, Row } from './database.ts'

/** One boot environment that is exported by NFS, as nfs/model.ts describes it. */
export interface ShareRow {
  be: string
  /** Absolute path on the host. */
  path: string
  /** Clients, as IPv4 CIDR: `192.168.2.0/24`. */
  clients: string[]
  /** The user that a client's root becomes. */
  maproot?: string
  readOnly: boolean
  /** A small number of this BE alone (ganesha's Export_Id, the kernel's fsid=). */
  id: number
}

/** What is shared: what exports.d/ is written from. */
export class ShareStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** All shares, by name. */
  all(): ShareRow[] {
    return this.#db.all('SELECT * FROM shares ORDER BY be').map(toShare)
  }

  get(be: string): ShareRow | undefined {
    const row = this.#db.get('SELECT * FROM shares WHERE be = ?', be)
    return row && toShare(row)
  }

  /** Stores or replaces the share of `share.be`. */
  put({ be, path, clients, maproot, readOnly, id }: ShareRow): void {
    this.#db.run(
      `INSERT INTO shares (be, path, clients, maproot, read_only, id) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (be) DO UPDATE SET path = excluded.path, clients = excluded.clients,
         maproot = excluded.maproot, read_only = excluded.read_only, id = excluded.id`,
      be,
      path,
      JSON.stringify(clients),
      maproot ?? null,
      readOnly ? 1 : 0,
      id,
    )
  }

  /** Takes the share back. Nothing happens when there is none. */
  remove(be: string): void {
    this.#db.run('DELETE FROM shares WHERE be = ?', be)
  }
}

const toShare = (row: Row): ShareRow => ({
  be: String(row.be),
  path: String(row.path),
  clients: JSON.parse(String(row.clients)) as string[],
  ...(row.maproot !== null && { maproot: String(row.maproot) }),
  readOnly: row.read_only === 1,
  id: Number(row.id),
})
