import { BeError } from '../../errors/errors.ts'
import type { Endpoint } from '../../net/net.ts'
import type { Transport } from '../programs.ts'
import { XdrReader, type XdrWriter } from '../xdr.ts'
import {
  ACCEPT_STAT,
  acceptedReply,
  type CallHeader,
  type Credential,
  deniedReply,
  readCallHeader,
} from './message.ts'

/** Of UDP over IPv4, in bytes. */
const LONGEST_DATAGRAM = 65_507

/** Who calls, and how. */
export interface Caller {
  from: Endpoint
  transport: Transport
  /** Undefined: AUTH_NONE. */
  credential: Credential | undefined
}

/** One call of a program that we serve. */
export interface ServerCall extends Caller {
  version: number
  procedure: number
  args: XdrReader
}

/** A program that we serve. */
export interface ServedProgram {
  number: number
  versions: readonly number[]
  /**
   * Answers a call into `reply`, now or later; false: there is no such procedure. Throws BE_XDR_MALFORMED
   * for arguments that are none; anything else thrown is told to the caller as SYSTEM_ERR.
   */
  answer(call: ServerCall, reply: XdrWriter): boolean | Promise<boolean>
}

/**
 * The reply to a message, behind four bytes for the mark of a record; undefined: it was no call, and gets no
 * answer. Never rejects: whatever comes is answered as RFC 5531, section 9, says.
 */
export async function dispatch(
  programs: readonly ServedProgram[],
  message: Buffer,
  from: Endpoint,
  transport: Transport,
): Promise<XdrWriter | undefined> {
  const args = new XdrReader(message)
  const head = tryHead(args)
  if (head === undefined) return undefined
  if ('bad' in head) return head.bad === 'no-call' ? undefined : deniedReply(head.xid, head.bad)
  const program = programs.find(({ number }) => number === head.program)
  if (program === undefined) return acceptedReply(head.xid, ACCEPT_STAT.noProgram)
  if (!program.versions.includes(head.version)) return otherVersion(head.xid, program.versions)
  const { version, procedure, credential } = head
  return answer(program, head, { version, procedure, credential, args, from, transport })
}

async function answer(program: ServedProgram, { xid }: CallHeader, call: ServerCall): Promise<XdrWriter> {
  const reply = acceptedReply(xid)
  try {
    if (!(await program.answer(call, reply))) return acceptedReply(xid, ACCEPT_STAT.noProcedure)
    // A list of very many exports: told, a client may ask by TCP.
    const fits = call.transport === 'tcp' || reply.length - 4 <= LONGEST_DATAGRAM
    return fits ? reply : acceptedReply(xid, ACCEPT_STAT.systemError)
  } catch (error) {
    const garbage = error instanceof BeError && error.code === 'BE_XDR_MALFORMED'
    return acceptedReply(xid, garbage ? ACCEPT_STAT.garbage : ACCEPT_STAT.systemError)
  }
}

function tryHead(message: XdrReader) {
  try {
    return readCallHeader(message)
  } catch {
    return undefined
  }
}

const otherVersion = (xid: number, versions: readonly number[]): XdrWriter =>
  acceptedReply(xid, ACCEPT_STAT.noVersion)
    .uint32(Math.min(...versions))
    .uint32(Math.max(...versions))
