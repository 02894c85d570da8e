import { ACCEPT_STAT, AUTH_MAX, AUTH_NONE, AUTH_SYS, MESSAGE_TYPE, RPC_VERSION } from '../protocol.ts'
import { malformed, XdrReader, XdrWriter } from '../xdr.ts'

/** The client's side of RFC 5531, section 9: calls encoded, replies decoded. */

/** A call, without its transport. */
export interface CallMessage {
  xid: number
  program: number
  version: number
  procedure: number
  /** AUTH_NONE, or AUTH_SYS as uid 0 and gid 0: what a loader sends and mountd wants. */
  credential: 'none' | 'root'
  /** XDR of the arguments. */
  args: Uint8Array
}

/** A reply; statuses are the names of RFC 5531, `low` and `high` the versions that the server speaks. */
export type Reply =
  | { kind: 'success'; results: XdrReader }
  | { kind: 'failed'; status: AcceptFailure; low?: number; high?: number }
  | { kind: 'denied'; status: 'RPC_MISMATCH'; low: number; high: number }
  | { kind: 'denied'; status: 'AUTH_ERROR'; authStat: string }

/** accept_stat 1 to 5. */
const ACCEPT_FAILURES = [
  'PROG_UNAVAIL',
  'PROG_MISMATCH',
  'PROC_UNAVAIL',
  'GARBAGE_ARGS',
  'SYSTEM_ERR',
] as const
export type AcceptFailure = (typeof ACCEPT_FAILURES)[number]

/** auth_stat 0 to 7; 8 to 14 are those of AUTH_KERB and RPCSEC_GSS. */
const AUTH_STATS = [
  'AUTH_OK',
  'AUTH_BADCRED',
  'AUTH_REJECTEDCRED',
  'AUTH_BADVERF',
  'AUTH_REJECTEDVERF',
  'AUTH_TOOWEAK',
  'AUTH_INVALIDRESP',
  'AUTH_FAILED',
]

/** The call's bytes, as they go into one datagram or one record. */
export function encodeCall(call: CallMessage): Buffer {
  const message = new XdrWriter()
    .uint32(call.xid)
    .uint32(MESSAGE_TYPE.call)
    .uint32(RPC_VERSION)
    .uint32(call.program)
    .uint32(call.version)
    .uint32(call.procedure)
  if (call.credential === 'none') message.uint32(AUTH_NONE).uint32(0)
  else message.uint32(AUTH_SYS).opaque(rootCredential())
  return message.uint32(AUTH_NONE).uint32(0).raw(call.args).bytes()
}

/** authsys_parms (RFC 5531, appendix A): stamp 0, no machine name, uid 0, gid 0, no further groups. */
const rootCredential = (): Buffer =>
  new XdrWriter().uint32(0).string('').uint32(0).uint32(0).uint32(0).bytes()

/**
 * The reply to call `xid`; undefined when the message is something else (a late reply to an earlier call, a
 * call). Throws BE_XDR_MALFORMED.
 */
export function decodeReply(message: Buffer, xid: number): Reply | undefined {
  const reader = new XdrReader(message)
  if (message.length < 8 || reader.uint32() !== xid || reader.uint32() !== MESSAGE_TYPE.reply)
    return undefined
  return reader.bool() ? decodeDenied(reader) : decodeAccepted(reader)
}

function decodeAccepted(reader: XdrReader): Reply {
  reader.uint32() // verifier's flavour
  reader.opaque(AUTH_MAX)
  const status = reader.uint32()
  if (status === ACCEPT_STAT.success) return { kind: 'success', results: reader }
  const name = ACCEPT_FAILURES[status - 1]
  if (name === undefined) throw malformed(`accept status ${status}`, '0 to 5')
  if (name !== 'PROG_MISMATCH') return { kind: 'failed', status: name }
  return { kind: 'failed', status: name, low: reader.uint32(), high: reader.uint32() }
}

function decodeDenied(reader: XdrReader): Reply {
  if (reader.bool()) {
    const stat = reader.uint32()
    return { kind: 'denied', status: 'AUTH_ERROR', authStat: AUTH_STATS[stat] ?? `auth_stat ${stat}` }
  }
  return { kind: 'denied', status: 'RPC_MISMATCH', low: reader.uint32(), high: reader.uint32() }
}
