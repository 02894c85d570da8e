import { BeError } from '../errors/errors.ts'
import type { Database, Row } from './database.ts'
import { readJson } from './json.ts'

/** A boot environment that is exported by NFS. */
export interface ShareRow {
  be: string
  /** Absolute path on the NFS host. */
  path: string
  /** Clients, as IPv4 CIDR: `192.168.2.0/24`. */
  clients: string[]
  /** The user to which root of a client is mapped. */
  maproot?: string
  readOnly: boolean
  /** A small number that no other share has (Export_Id of ganesha, fsid= of Linux' exports(5)). */
  id: number
  /** Whether the path is a mount point. */
  mountPoint?: boolean
  /** File systems below it, each with an id of its own. */
  children?: { path: string; id: number }[]
}

/** The shares, from which the files in exports.d/ are written. */
export class ShareTable {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** All shares, in the order of their names. */
  all(): ShareRow[] {
    return this.#db.all('SELECT * FROM shares ORDER BY be').map(toShare)
  }

  get(be: string): ShareRow | undefined {
    const row = this.#db.get('SELECT * FROM shares WHERE be = ?', be)
    return row && toShare(row)
  }

  /**
   * Stores shares, in place of those of the same BEs: all or none.
   * @throws BeError BE_SHARE_ID_TAKEN: another BE has that id, and its clients have file handles with it
   */
  put(shares: readonly ShareRow[]): void {
    this.#db.transaction(() => {
      const names = new Set(shares.map(({ be }) => be))
      checkIds([...this.all().filter(({ be }) => !names.has(be)), ...shares])
      for (const share of shares) this.#put(share)
    })
  }

  #put({ be, path, clients, maproot, readOnly, id, mountPoint, children }: ShareRow): void {
    this.#db.run(
      `INSERT INTO shares (be, path, clients, maproot, read_only, id, mount_point, children)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (be) DO UPDATE SET path = excluded.path, clients = excluded.clients,
         maproot = excluded.maproot, read_only = excluded.read_only, id = excluded.id,
         mount_point = excluded.mount_point, children = excluded.children`,
      be,
      path,
      JSON.stringify(clients),
      maproot ?? null,
      readOnly ? 1 : 0,
      id,
      mountPoint ? 1 : 0,
      JSON.stringify(children ?? []),
    )
  }

  /** Deletes shares, if there are any. */
  remove(bes: readonly string[]): void {
    this.#db.transaction(() => {
      for (const be of bes) this.#db.run('DELETE FROM shares WHERE be = ?', be)
    })
  }

  /** Stores the file handle (hex) that MNT granted for a path. Answers its BE and the former handle, if that differs. */
  recordHandle(path: string, handle: string): { be: string; was: string } | undefined {
    const row = this.#db.get('SELECT be, handle FROM shares WHERE path = ?', path)
    if (row === undefined || row.handle === handle) return undefined
    this.#db.run('UPDATE shares SET handle = ? WHERE path = ?', handle, path)
    return row.handle === null ? undefined : { be: String(row.be), was: String(row.handle) }
  }
}

/** Throws BE_SHARE_ID_TAKEN: two processes that share at the same time can have chosen the same id. */
function checkIds(shares: readonly ShareRow[]): void {
  const owners = new Map<number, string>()
  for (const { be, id, children = [] } of shares) {
    for (const one of [id, ...children.map(child => child.id)]) {
      const owner = owners.get(one)
      if (owner !== undefined) throw idTaken(be, one, owner)
      owners.set(one, be)
    }
  }
}

const idTaken = (be: string, id: number, owner: string) =>
  new BeError('BE_SHARE_ID_TAKEN', `export id ${id} for ${be} is that of ${owner} already`, {
    hint: `share ${be} again`,
  })

function toShare(row: Row): ShareRow {
  const be = String(row.be)
  const children = readJson<{ path: string; id: number }[]>(row.children, `data sets of share ${be}`)
  return {
    be,
    path: String(row.path),
    clients: readJson<string[]>(row.clients, `clients of share ${be}`),
    ...(row.maproot !== null && { maproot: String(row.maproot) }),
    readOnly: row.read_only === 1,
    id: Number(row.id),
    ...(row.mount_point === 1 && { mountPoint: true }),
    ...(children.length > 0 && { children }),
  }
}
