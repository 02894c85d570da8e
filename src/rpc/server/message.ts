import {
  ACCEPT_STAT,
  AUTH_MAX,
  AUTH_NONE,
  AUTH_SYS,
  MESSAGE_TYPE,
  REJECT_STAT,
  REPLY_STAT,
  RPC_VERSION,
} from '../protocol.ts'
import { type XdrReader, XdrWriter } from '../xdr.ts'

/** The server's side of RFC 5531, section 9: calls decoded, replies encoded. */

/** authsys_parms (RFC 5531, appendix A). */
const MACHINE_NAME_MAX = 255
const GROUPS_MAX = 16

/** auth_stat. */
const AUTH_BADCRED = 1

/** The caller as AUTH_SYS names it; not authenticated in any way. */
export interface Credential {
  uid: number
  gid: number
  groups: number[]
}

/** The header of a call; the procedure's arguments follow it in the message. */
export interface CallHeader {
  xid: number
  program: number
  version: number
  procedure: number
  /** Undefined: AUTH_NONE. */
  credential: Credential | undefined
}

/** Why a message is denied (MSG_DENIED); `no-call`: it is a reply, and is not answered. */
export type HeaderFault = 'rpc-version' | 'credential' | 'no-call'

/** Reads the header of a call. Throws BE_XDR_MALFORMED when the message ends within it. */
export function readCallHeader(message: XdrReader): CallHeader | { xid: number; fault: HeaderFault } {
  const xid = message.uint32()
  if (message.uint32() !== MESSAGE_TYPE.call) return { xid, fault: 'no-call' }
  if (message.uint32() !== RPC_VERSION) return { xid, fault: 'rpc-version' }
  const program = message.uint32()
  const version = message.uint32()
  const procedure = message.uint32()
  const credential = readCredential(message)
  if (credential === 'unknown') return { xid, fault: 'credential' }
  message.uint32() // verifier: AUTH_NONE, or of a flavour that is not checked
  message.skipOpaque(AUTH_MAX)
  return { xid, program, version, procedure, credential }
}

function readCredential(message: XdrReader): Credential | undefined | 'unknown' {
  const flavour = message.uint32()
  if (flavour === AUTH_SYS) return readAuthSys(message)
  message.skipOpaque(AUTH_MAX)
  return flavour === AUTH_NONE ? undefined : 'unknown'
}

function readAuthSys(message: XdrReader): Credential | 'unknown' {
  const length = message.uint32()
  const end = message.left - length
  message.uint32() // stamp
  message.skipOpaque(MACHINE_NAME_MAX)
  const uid = message.uint32()
  const gid = message.uint32()
  const count = message.uint32()
  if (count > GROUPS_MAX) return 'unknown'
  const groups: number[] = []
  for (let i = 0; i < count; i++) groups.push(message.uint32())
  return message.left === end ? { uid, gid, groups } : 'unknown'
}

/** Bytes left free before each reply for the record mark of TCP; a datagram is sent without them. */
export const RECORD_MARK_ROOM = 4

/** The header of an accepted reply, for results to be written behind it. `room`: expected length in bytes. */
export const acceptedReply = (xid: number, status: number = ACCEPT_STAT.success, room = 1408): XdrWriter =>
  replyHeader(xid, REPLY_STAT.accepted, room).uint32(AUTH_NONE).uint32(0).uint32(status)

/** The whole of a denied reply (MSG_DENIED). */
export function deniedReply(xid: number, fault: 'rpc-version' | 'credential'): XdrWriter {
  const reply = replyHeader(xid, REPLY_STAT.denied)
  if (fault === 'credential') return reply.uint32(REJECT_STAT.authError).uint32(AUTH_BADCRED)
  return reply.uint32(REJECT_STAT.rpcMismatch).uint32(RPC_VERSION).uint32(RPC_VERSION)
}

const replyHeader = (xid: number, status: number, room?: number): XdrWriter =>
  new XdrWriter(room).uint32(0).uint32(xid).uint32(MESSAGE_TYPE.reply).uint32(status)
