import type { Clock, Network } from '../../../src/net/net.ts'
import { call } from '../../../src/rpc/client/call.ts'
import { mnt } from '../../../src/rpc/client/mount.ts'
import { NFS, type Transport } from '../../../src/rpc/programs.ts'
import { type XdrReader, XdrWriter } from '../../../src/rpc/xdr.ts'
import { readList } from '../../rpc/lists.ts'

/** Numbers of RFC 1813, section 3.3, independent of the server's table. */
export const PROC = {
  ...{ NULL: 0, GETATTR: 1, SETATTR: 2, LOOKUP: 3, ACCESS: 4, READLINK: 5, READ: 6, WRITE: 7, CREATE: 8 },
  ...{ MKDIR: 9, SYMLINK: 10, MKNOD: 11, REMOVE: 12, RMDIR: 13, RENAME: 14, LINK: 15, READDIR: 16 },
  ...{ READDIRPLUS: 17, FSSTAT: 18, FSINFO: 19, PATHCONF: 20, COMMIT: 21 },
} as const

/** fattr3. */
export interface Attr {
  type: number
  mode: number
  nlink: number
  uid: number
  gid: number
  size: number
  fsid: number
  fileid: bigint
  mtime: number
}

export interface DirEntry {
  fileid: bigint
  name: string
  cookie: number
  attr?: Attr | undefined
  handle?: Buffer | undefined
}

/** A reply with a status other than 0. */
export class NfsError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`nfsstat3 ${status}`)
    this.status = status
  }
}

export interface Where {
  network: Network
  clock: Clock
  address: string
  nfs: number
  mount: number
  localAddress?: string
}

/** An NFSv3 client: one method a procedure. */
export class NfsClient {
  readonly where: Where
  readonly transport: Transport

  constructor(where: Where, transport: Transport = 'tcp') {
    this.where = where
    this.transport = transport
  }

  get #context() {
    const { network, clock, localAddress } = this.where
    return { network, clock, timeoutMs: 4000, ...(localAddress !== undefined && { localAddress }) }
  }

  async mnt(path: string): Promise<Buffer> {
    const at = { address: this.where.address, port: this.where.mount }
    return (await mnt(this.#context, { at, transport: this.transport }, path)).handle
  }

  /** The results that follow the status. Throws NfsError. */
  async call(procedure: number, args: XdrWriter): Promise<XdrReader> {
    const results = await this.raw(procedure, args)
    const status = results.uint32()
    if (status !== 0) throw new NfsError(status)
    return results
  }

  raw(procedure: number, args: XdrWriter): Promise<XdrReader> {
    const { transport } = this
    const to = { address: this.where.address, port: this.where.nfs }
    const what = { program: NFS, procedure, to, transport, credential: 'root' as const, args: args.bytes() }
    return call(this.#context, what)
  }

  async getattr(handle: Buffer): Promise<Attr> {
    return readAttr(await this.call(PROC.GETATTR, new XdrWriter().opaque(handle)))
  }

  async lookup(dir: Buffer, name: string): Promise<{ handle: Buffer; attr: Attr | undefined }> {
    const results = await this.call(PROC.LOOKUP, new XdrWriter().opaque(dir).string(name))
    return { handle: results.opaque(64), attr: readPostOp(results) }
  }

  /** LOOKUP of each part of a path. */
  async walk(root: Buffer, path: string): Promise<Buffer> {
    let handle = root
    for (const part of path.split('/')) handle = (await this.lookup(handle, part)).handle
    return handle
  }

  async access(handle: Buffer, wanted = 0x3f): Promise<number> {
    const results = await this.call(PROC.ACCESS, new XdrWriter().opaque(handle).uint32(wanted))
    readPostOp(results)
    return results.uint32()
  }

  async readlink(handle: Buffer): Promise<string> {
    const results = await this.call(PROC.READLINK, new XdrWriter().opaque(handle))
    readPostOp(results)
    return results.string(4096)
  }

  async read(handle: Buffer, offset: number, count: number): Promise<{ data: Buffer; eof: boolean }> {
    const results = await this.call(PROC.READ, new XdrWriter().opaque(handle).uint64(offset).uint32(count))
    readPostOp(results)
    const length = results.uint32()
    const eof = results.bool()
    const data = results.opaque(2 << 20)
    if (data.length !== length) throw new Error(`count ${length}, data of ${data.length}`)
    return { data, eof }
  }

  async readFile(handle: Buffer, count: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for (let offset = 0; ; ) {
      const { data, eof } = await this.read(handle, offset, count)
      pieces.push(data)
      offset += data.length
      if (eof) return Buffer.concat(pieces)
    }
  }

  /** One page. */
  async readdir(dir: Buffer, cookie: number, count: number): Promise<{ entries: DirEntry[]; eof: boolean }> {
    const args = new XdrWriter().opaque(dir).uint64(cookie).uint64(0).uint32(count)
    const results = await this.call(PROC.READDIR, args)
    readPostOp(results)
    results.fixed(8)
    return { entries: readList(results, readEntry), eof: results.bool() }
  }

  async readdirplus(dir: Buffer, cookie: number, count: number) {
    const args = new XdrWriter().opaque(dir).uint64(cookie).uint64(0).uint32(count).uint32(count)
    const results = await this.call(PROC.READDIRPLUS, args)
    readPostOp(results)
    results.fixed(8)
    return { entries: readList(results, readEntryPlus), eof: results.bool() }
  }

  /** All pages. */
  async list(dir: Buffer, count: number, plus = false): Promise<DirEntry[]> {
    const all: DirEntry[] = []
    for (let cookie = 0; ; ) {
      const page = plus ? await this.readdirplus(dir, cookie, count) : await this.readdir(dir, cookie, count)
      all.push(...page.entries)
      if (page.eof) return all
      cookie = all.at(-1)!.cookie
    }
  }
}

const readEntry = (reader: XdrReader): DirEntry => ({
  fileid: readHyper(reader),
  name: reader.opaque(255).toString('utf8'),
  cookie: reader.uint64(),
})

const readEntryPlus = (reader: XdrReader): DirEntry => ({
  ...readEntry(reader),
  attr: readPostOp(reader),
  handle: reader.bool() ? reader.opaque(64) : undefined,
})

export const readPostOp = (reader: XdrReader): Attr | undefined =>
  reader.bool() ? readAttr(reader) : undefined

const readHyper = (reader: XdrReader): bigint => reader.fixed(8).readBigUInt64BE()

export function readAttr(reader: XdrReader): Attr {
  const [type, mode, nlink, uid, gid] = Array.from({ length: 5 }, () => reader.uint32())
  const size = reader.uint64()
  reader.uint64() // used
  reader.uint64() // rdev
  const fsid = reader.uint64()
  const fileid = readHyper(reader)
  reader.uint64() // atime
  const mtime = reader.uint32()
  reader.uint32()
  reader.uint64() // ctime
  return { type: type!, mode: mode!, nlink: nlink!, uid: uid!, gid: gid!, size, fsid, fileid, mtime }
}
