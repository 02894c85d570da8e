import { BeError } from '../../errors/errors.ts'
import type { Endpoint } from '../../net/net.ts'
import type { Transport } from '../programs.ts'
import { ACCEPT_STAT } from '../protocol.ts'
import { XdrReader, type XdrWriter } from '../xdr.ts'
import {
  acceptedReply,
  type CallHeader,
  type Credential,
  deniedReply,
  RECORD_MARK_ROOM,
  readCallHeader,
} from './message.ts'

/** Largest payload of UDP over IPv4, in bytes. */
const MAX_DATAGRAM = 65_507

/** Who calls, and how. */
export interface Caller {
  from: Endpoint
  transport: Transport
  /** Undefined: AUTH_NONE. */
  credential: Credential | undefined
}

/** A call of a served program. */
export interface ServerCall extends Caller {
  version: number
  procedure: number
  args: XdrReader
}

/** A program that is served. */
export interface ServedProgram {
  number: number
  versions: readonly number[]
  /**
   * Writes the results into `reply`; false: there is no such procedure. Throws BE_XDR_MALFORMED for arguments
   * that cannot be decoded (answered with GARBAGE_ARGS); any other error is answered with SYSTEM_ERR.
   */
  answer(call: ServerCall, reply: XdrWriter): boolean | Promise<boolean>
}

/**
 * The reply to a message, with RECORD_MARK_ROOM before it; undefined for a message that is no call, which gets no
 * reply. Never rejects: every fault is answered as RFC 5531, section 9, says.
 */
export async function dispatch(
  programs: readonly ServedProgram[],
  message: Buffer,
  from: Endpoint,
  transport: Transport,
): Promise<XdrWriter | undefined> {
  const args = new XdrReader(message)
  const header = tryReadHeader(args)
  if (header === undefined) return undefined
  if ('fault' in header) return header.fault === 'no-call' ? undefined : deniedReply(header.xid, header.fault)
  const program = programs.find(({ number }) => number === header.program)
  if (program === undefined) return acceptedReply(header.xid, ACCEPT_STAT.programUnavailable)
  if (!program.versions.includes(header.version)) return versionMismatch(header.xid, program.versions)
  const { version, procedure, credential } = header
  return answer(program, header, { version, procedure, credential, args, from, transport })
}

async function answer(program: ServedProgram, { xid }: CallHeader, call: ServerCall): Promise<XdrWriter> {
  const reply = acceptedReply(xid)
  try {
    if (!(await program.answer(call, reply))) return acceptedReply(xid, ACCEPT_STAT.procedureUnavailable)
    // A long list of exports may not fit into a datagram; after the error a client can ask again over TCP.
    const fits = call.transport === 'tcp' || reply.length - RECORD_MARK_ROOM <= MAX_DATAGRAM
    return fits ? reply : acceptedReply(xid, ACCEPT_STAT.systemError)
  } catch (error) {
    const garbage = error instanceof BeError && error.code === 'BE_XDR_MALFORMED'
    return acceptedReply(xid, garbage ? ACCEPT_STAT.garbageArguments : ACCEPT_STAT.systemError)
  }
}

function tryReadHeader(message: XdrReader) {
  try {
    return readCallHeader(message)
  } catch {
    return undefined
  }
}

const versionMismatch = (xid: number, versions: readonly number[]): XdrWriter =>
  acceptedReply(xid, ACCEPT_STAT.programMismatch)
    .uint32(Math.min(...versions))
    .uint32(Math.max(...versions))
