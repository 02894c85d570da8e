import { AUTH_NONE, AUTH_SYS } from '../client/message.ts'
import { type XdrReader, XdrWriter } from '../xdr.ts'

/** The server's side of message.ts: RFC 5531, section 9. */
const CALL = 0
const REPLY = 1
const RPC_VERSION = 2
const AUTH_MAX = 400
const MACHINE_NAME_MAX = 255
const GROUPS_MAX = 16

/** Who calls, by AUTH_SYS (RFC 5531, appendix A); nobody vouches for it. */
export interface Credential {
  uid: number
  gid: number
  groups: number[]
}

/** The head of a call; what follows in the message are the procedure's arguments. */
export interface CallHeader {
  xid: number
  program: number
  version: number
  procedure: number
  /** Undefined: AUTH_NONE. */
  credential: Credential | undefined
}

/** A call that is answered with no before its program is looked for, or one that is no call at all. */
export type NoCall = 'rpc-version' | 'credential' | 'no-call'

/** Reads the head of a call. Throws BE_XDR_MALFORMED when the message ends within it. */
export function readCallHeader(message: XdrReader): CallHeader | { xid: number; bad: NoCall } {
  const xid = message.uint32()
  if (message.uint32() !== CALL) return { xid, bad: 'no-call' }
  if (message.uint32() !== RPC_VERSION) return { xid, bad: 'rpc-version' }
  const program = message.uint32()
  const version = message.uint32()
  const procedure = message.uint32()
  const credential = readCredential(message)
  if (credential === 'unknown') return { xid, bad: 'credential' }
  message.uint32() // verifier: AUTH_NONE, or not for us to check
  message.skipOpaque(AUTH_MAX)
  return { xid, program, version, procedure, credential }
}

function readCredential(message: XdrReader): Credential | undefined | 'unknown' {
  const flavour = message.uint32()
  if (flavour === AUTH_SYS) {
    const end = message.left - 4 - message.peek()
    message.uint32()
    message.uint32() // stamp
    message.skipOpaque(MACHINE_NAME_MAX)
    const uid = message.uint32()
    const gid = message.uint32()
    const count = message.uint32()
    const groups: number[] = []
    if (count > GROUPS_MAX) return 'unknown'
    for (let i = 0; i < count; i++) groups.push(message.uint32())
    return message.left === end ? { uid, gid, groups } : 'unknown'
  }
  message.skipOpaque(AUTH_MAX)
  return flavour === AUTH_NONE ? undefined : 'unknown'
}

/** accept_stat. */
export const ACCEPT_STAT = {
  success: 0,
  noProgram: 1,
  noVersion: 2,
  noProcedure: 3,
  garbage: 4,
  systemError: 5,
} as const

/**
 * The head of an accepted reply, results to be written behind it. The first four bytes are room for the mark
 * of a record on TCP; UDP leaves them out.
 */
export const acceptedReply = (xid: number, status: number = ACCEPT_STAT.success, room = 1408): XdrWriter =>
  new XdrWriter(room).uint32(0).uint32(xid).uint32(REPLY).uint32(0).uint32(AUTH_NONE).uint32(0).uint32(status)

const AUTH_BADCRED = 1

/** A whole reply of MSG_DENIED, with the same room in front. */
export function deniedReply(xid: number, bad: 'rpc-version' | 'credential'): XdrWriter {
  const reply = new XdrWriter().uint32(0).uint32(xid).uint32(REPLY).uint32(1)
  if (bad === 'credential') return reply.uint32(1).uint32(AUTH_BADCRED)
  return reply.uint32(0).uint32(RPC_VERSION).uint32(RPC_VERSION)
}
