import type { XdrWriter } from '../../../rpc/xdr.ts'
import { writePostOp } from '../files/attributes.ts'
import { COOKIE, indexAfter, type Listing } from '../files/listing.ts'
import type { Node } from '../files/node.ts'
import { STATUS, StatusError } from '../status.ts'
import { isPermitted, PERMISSION } from './permissions.ts'
import type { NfsCall, Procedure } from './procedure.ts'

/** RFC 1813, sections 3.3.16 and 3.3.17. */

/** Answers no longer than this, in bytes. */
const MOST = { udp: 32 << 10, tcp: 64 << 10 } as const
const VERIFIER = Buffer.alloc(8)
/** Status, attributes, verifier, end of list, eof. */
const AROUND = 4 + 88 + 8 + 4 + 4

/** One name, and the cookie that goes on behind it. */
interface Entry {
  name: string
  cookie: number
}

export const readdir: Procedure = async (call, reply) => {
  const { dir, cookie } = await begin(call)
  const count = call.incoming.args.uint32()
  await list(call, reply, dir, cookie, { names: count, all: count }, false)
}

export const readdirplus: Procedure = async (call, reply) => {
  const { dir, cookie } = await begin(call)
  const names = call.incoming.args.uint32()
  const all = call.incoming.args.uint32()
  await list(call, reply, dir, cookie, { names, all }, true)
}

async function begin(call: NfsCall): Promise<{ dir: Node; cookie: number }> {
  const dir = await call.nodeArgument()
  const cookie = call.incoming.args.uint64()
  call.incoming.args.fixed(VERIFIER.length)
  return { dir, cookie }
}

/** How much may be told: of fileids, names and cookies alone, and with everything. */
interface Room {
  names: number
  all: number
}

async function list(call: NfsCall, reply: XdrWriter, dir: Node, cookie: number, room: Room, plus: boolean) {
  const attributes = await call.tree.attributes(dir)
  const listing = await call.tree.listing(dir)
  if (!isPermitted(attributes, call.user, PERMISSION.read)) throw new StatusError(STATUS.acces)
  const most = Math.min(room.all, MOST[call.incoming.transport])
  const { entries, atEnd } = page(dir, listing, cookie, { names: room.names, all: most }, plus)
  if (entries.length === 0 && !atEnd) throw new StatusError(STATUS.tooSmall)
  // What vanished meanwhile is left out.
  const nodes = await Promise.all(
    entries.map(({ name }) => call.tree.child(dir, name).catch(() => undefined)),
  )
  writePostOp(reply.uint32(STATUS.ok), attributes).raw(VERIFIER)
  for (const [at, entry] of entries.entries()) {
    const node = nodes[at]
    if (node !== undefined) writeEntry(reply, entry, node, plus)
  }
  reply.bool(false).bool(atEnd)
}

/** The entries behind a cookie that fit: all sizes are known before any file is looked at. */
function page(dir: Node, listing: Listing, cookie: number, room: Room, plus: boolean) {
  const handle = dir.handle.length + 2
  const entries: Entry[] = []
  let names = 0
  let all = AROUND
  const add = (entry: Entry): boolean => {
    const size = 24 + ((entry.name.length + 3) & ~3)
    names += size
    all += size + (plus ? 88 + 8 + ((handle + 3) & ~3) : 0)
    if (all > room.all || (names > room.names && entries.length > 0)) return false
    entries.push(entry)
    return true
  }
  if (cookie < COOKIE.self && !add({ name: '.', cookie: COOKIE.self })) return { entries, atEnd: false }
  if (cookie < COOKIE.parent && !add({ name: '..', cookie: COOKIE.parent })) return { entries, atEnd: false }
  for (let at = indexAfter(listing, cookie); at < listing.names.length; at++) {
    if (!add({ name: listing.names[at]!, cookie: listing.cookies[at]! })) return { entries, atEnd: false }
  }
  return { entries, atEnd: true }
}

/** entry3, entryplus3. */
function writeEntry(reply: XdrWriter, { name, cookie }: Entry, node: Node, plus: boolean): void {
  const fileid = node.attributes.wire.subarray(FILEID, FILEID + 8)
  reply.bool(true).raw(fileid).opaque(Buffer.from(name, 'latin1')).uint64(cookie)
  if (plus) writePostOp(reply, node.attributes).bool(true).opaque(node.handle)
}

/** Where fattr3 has it. */
const FILEID = 52
