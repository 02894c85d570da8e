import type { XdrWriter } from '../../../rpc/xdr.ts'
import { fileidOf, writePostOp } from '../files/attributes.ts'
import { COOKIE, type Listing } from '../files/listing.ts'
import type { Node } from '../files/node.ts'
import { STATUS, StatusError } from '../status.ts'
import { isPermitted, PERMISSION } from './permissions.ts'
import type { NfsCall, Procedure } from './procedure.ts'

/**
 * Longest results, in bytes, whatever the client asks for: each entry of them may be a file to examine. Over UDP anyone can
 * ask in another's name.
 */
const MAX_RESULTS = { udp: 8 << 10, tcp: 64 << 10 } as const
/** Entries of one call that are examined at the same time, so that other calls need not wait for all of them. */
const AT_ONCE = 16
/** Cookies never become invalid, so the cookie verifier is 0. */
const VERIFIER = Buffer.alloc(8)
/** Encoded lengths, in bytes. */
const POST_OP_ATTR = 88
const FIXED_PART = 4 + POST_OP_ATTR + VERIFIER.length + 4 + 4 // status, attributes, verifier, end of list, eof
const ENTRY = 24 // follows, fileid, length of the name, cookie
const PLUS = POST_OP_ATTR + 8 // attributes, handle follows, length of the handle

/** A name, and the cookie by which reading continues behind it. */
interface Entry {
  name: string
  cookie: number
}

/** Limits in bytes: for fileids, names and cookies alone, and for the whole results. */
interface Limits {
  names: number
  all: number
}

/** READDIR (RFC 1813, section 3.3.16). */
export const readdir: Procedure = async (call, reply) => {
  const { dir, cookie } = await readArguments(call)
  const count = call.args.uint32()
  await list(call, reply, dir, cookie, { names: count, all: count }, false)
}

/** READDIRPLUS (RFC 1813, section 3.3.17). */
export const readdirplus: Procedure = async (call, reply) => {
  const { dir, cookie } = await readArguments(call)
  const names = call.args.uint32()
  const all = call.args.uint32()
  await list(call, reply, dir, cookie, { names, all }, true)
}

async function readArguments(call: NfsCall): Promise<{ dir: Node; cookie: number }> {
  const dir = await call.nodeArgument()
  const cookie = call.args.uint64()
  call.args.fixed(VERIFIER.length)
  return { dir, cookie }
}

async function list(
  call: NfsCall,
  reply: XdrWriter,
  dir: Node,
  cookie: number,
  limits: Limits,
  plus: boolean,
): Promise<void> {
  const attributes = await call.tree.attributes(dir)
  const listing = await call.tree.listing(dir)
  if (!isPermitted(attributes, call.user, PERMISSION.read)) throw new StatusError(STATUS.acces)
  const all = Math.min(limits.all, MAX_RESULTS[call.request.transport])
  const { entries, atEnd } = selectEntries(dir, listing, cookie, { names: limits.names, all }, plus)
  if (entries.length === 0 && !atEnd) throw new StatusError(STATUS.tooSmall)
  // For fileids alone it is enough to know what was there when the listing was read: a directory changes with them.
  const nodes = await findNodes(call, dir, entries, plus ? undefined : listing.before.readAt)
  writePostOp(reply.uint32(STATUS.ok), attributes).raw(VERIFIER)
  for (const [at, entry] of entries.entries()) {
    const node = nodes[at]
    if (node !== undefined) writeEntry(reply, entry, node, plus)
  }
  reply.bool(false).bool(atEnd)
}

/** The nodes of entries; undefined for files that have vanished since the listing was read. */
async function findNodes({ tree }: NfsCall, dir: Node, entries: readonly Entry[], since?: number) {
  const nodes: (Node | undefined)[] = []
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    const batch = entries.slice(from, from + AT_ONCE)
    nodes.push(...(await Promise.all(batch.map(({ name }) => tree.attempt(dir, name, since)))))
  }
  return nodes
}

/** The entries behind a cookie that fit, by lengths that are known before the files are examined. */
function selectEntries(dir: Node, listing: Listing, cookie: number, limits: Limits, plus: boolean) {
  const handle = dir.handle.length + 2 // of a child: one more name hash
  const entries: Entry[] = []
  let names = 0
  let all = FIXED_PART
  const add = (entry: Entry): boolean => {
    const length = ENTRY + padded(entry.name.length)
    names += length
    all += length + (plus ? PLUS + padded(handle) : 0)
    if (all > limits.all || (names > limits.names && entries.length > 0)) return false
    entries.push(entry)
    return true
  }
  if (cookie < COOKIE.self && !add({ name: '.', cookie: COOKIE.self })) return { entries, atEnd: false }
  if (cookie < COOKIE.parent && !add({ name: '..', cookie: COOKIE.parent })) return { entries, atEnd: false }
  for (let at = listing.indexAfter(cookie); at < listing.names.length; at++) {
    if (!add({ name: listing.names[at]!, cookie: listing.cookies[at]! })) return { entries, atEnd: false }
  }
  return { entries, atEnd: true }
}

const padded = (length: number): number => (length + 3) & ~3

/** entry3, entryplus3. */
function writeEntry(reply: XdrWriter, { name, cookie }: Entry, node: Node, plus: boolean): void {
  reply.bool(true).raw(fileidOf(node.attributes)).opaque(Buffer.from(name, 'latin1')).uint64(cookie)
  if (plus) writePostOp(reply, node.attributes).bool(true).opaque(node.handle)
}
