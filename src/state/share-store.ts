import { BeError } from '../errors.ts'
import type { Database, Row } from './database.ts'

/** One boot environment that is exported by NFS. */
export interface Share {
  be: string
  /** Absolute path on the host. */
  path: string
  /** Clients, as IPv4 CIDR: `192.168.2.0/24`. */
  networks: string[]
  /** The user that a client's root becomes: `root`. */
  maproot: string
  readOnly: boolean
  /** A small number of this BE alone, 1 to 65535 (ganesha's Export_Id, the kernel's fsid=). */
  id: number
}

/** nfs-ganesha's Export_Id has 16 bits (ganesha-export-config(8)). */
const LARGEST_ID = 65535

/** What is shared: what exports.d/ is written from. */
export class ShareStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** All shares, by name. */
  all(): Share[] {
    return this.#db.all(`${SELECT} ORDER BY be`).map(toShare)
  }

  get(be: string): Share | undefined {
    const row = this.#db.get(`${SELECT} WHERE be = ?`, be)
    return row && toShare(row)
  }

  /**
   * Stores or replaces the share of `share.be`.
   * @throws BeError BE_SHARE_ID_TAKEN: the id belongs to another BE; use `nextId`.
   */
  put(share: Share): void {
    this.#db.transaction(() => {
      this.#claim(share.be, share.id)
      this.#db.run(
        `INSERT INTO shares (be, path, networks, maproot, read_only) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (be) DO UPDATE SET path = excluded.path, networks = excluded.networks,
           maproot = excluded.maproot, read_only = excluded.read_only`,
        share.be,
        share.path,
        JSON.stringify(share.networks),
        share.maproot,
        share.readOnly ? 1 : 0,
      )
    })
  }

  /** Takes the share back; its id stays the BE's. Nothing happens when there is none. */
  remove(be: string): void {
    this.#db.run('DELETE FROM shares WHERE be = ?', be)
  }

  /** The BE is destroyed: takes back the share, and in the end its id may become another's. */
  forget(be: string): void {
    this.#db.transaction(() => {
      this.remove(be)
      this.#db.run('DELETE FROM share_ids WHERE be = ?', be)
    })
  }

  /**
   * The id of this BE: the one that it has had, else a new one, at once reserved.
   * @throws BeError BE_SHARE_IDS_EXHAUSTED
   */
  nextId(be: string): number {
    return this.#db.transaction(() => {
      const had = this.#db.get('SELECT id FROM share_ids WHERE be = ?', be)
      if (had !== undefined) return Number(had.id)
      const id = this.#freeId()
      this.#claim(be, id)
      return id
    })
  }

  #claim(be: string, id: number): void {
    const owner = this.#db.get('SELECT be FROM share_ids WHERE id = ? AND be <> ?', id, be)
    if (owner !== undefined) {
      throw new BeError('BE_SHARE_ID_TAKEN', `export id ${id} for ${be} belongs to ${owner.be}`)
    }
    this.#db.run(
      'INSERT INTO share_ids (be, id) VALUES (?, ?) ON CONFLICT (be) DO UPDATE SET id = excluded.id',
      be,
      id,
    )
  }

  /** Counts on past forgotten ones, and looks for gaps only at the end of the range. */
  #freeId(): number {
    const last = this.#db.get("SELECT seq FROM sqlite_sequence WHERE name = 'share_ids'")
    const top = Number(last?.seq ?? 0)
    if (top < LARGEST_ID) return top + 1
    const gap = this.#db.get(
      `SELECT min(candidate) AS id FROM (
         SELECT 1 AS candidate UNION ALL SELECT id + 1 FROM share_ids WHERE id < ?
       ) WHERE candidate NOT IN (SELECT id FROM share_ids)`,
      LARGEST_ID,
    )
    if (typeof gap?.id === 'number') return gap.id
    throw new BeError('BE_SHARE_IDS_EXHAUSTED', `all ${LARGEST_ID} export ids are in use`, {
      hint: 'destroy boot environments that are no longer needed',
      exit: 'unavailable',
    })
  }
}

const SELECT = `SELECT be, path, networks, maproot, read_only, id FROM shares JOIN share_ids USING (be)`

const toShare = (row: Row): Share => ({
  be: String(row.be),
  path: String(row.path),
  networks: JSON.parse(String(row.networks)) as string[],
  maproot: String(row.maproot),
  readOnly: row.read_only === 1,
  id: Number(row.id),
})
