import type { Platform } from '../../host/platform.ts'
import type { Clock, Endpoint } from '../../net/net.ts'
import type { Program, Transport } from '../programs.ts'
import type { XdrReader } from '../xdr.ts'
import { rejectionError, transportError } from './errors.ts'
import { decodeReply, encodeCall, type Reply } from './message.ts'
import type { SourceOptions } from './source-port.ts'
import { type ClientConnection, callTcp } from './tcp.ts'
import type { CallOptions } from './transport.ts'
import { callUdp } from './udp.ts'

/** What calls have in common. */
export interface RpcContext extends Omit<SourceOptions, 'reserved'> {
  clock: Clock
  /** For one call, in ms; default 5000. */
  timeoutMs?: number
  /** Of the server, for hints; default: hints for both. */
  platform?: Platform
}

/** A procedure, and where to call it. */
export interface RpcCall {
  program: Program
  procedure: number
  to: Endpoint
  transport: Transport
  /** For TCP: a connection that many calls share; default: one of its own. */
  connection?: ClientConnection | undefined
  credential?: 'none' | 'root'
  /** Call from a port below 1024. */
  reserved?: boolean | undefined
  /** XDR of the arguments; default none. */
  args?: Uint8Array
}

/**
 * Calls a remote procedure (RFC 5531) and returns a reader at the start of its results.
 *
 * Throws BE_<server>_DOWN (nothing listens), _TIMEOUT, _UNREACHABLE or _CLOSED, where <server> is PORTMAP,
 * MOUNTD or NFSD; BE_RPC_… for each way in which a server can reject a call; BE_XDR_MALFORMED.
 */
export async function call(context: RpcContext, what: RpcCall): Promise<XdrReader> {
  const xid = crypto.getRandomValues(new Uint32Array(1))[0]!
  const { number: program, version } = what.program
  const {
    to,
    transport,
    connection,
    reserved,
    procedure,
    credential = 'none',
    args = new Uint8Array(),
  } = what
  const message = encodeCall({ xid, program, version, procedure, credential, args })
  const options: CallOptions = { ...context, reserved, to, timeoutMs: context.timeoutMs ?? 5000 }
  const decode = (received: Buffer): Reply | undefined => decodeReply(received, xid)
  const callBy = transport === 'udp' ? callUdp<Reply> : callTcp<Reply>
  const replied = connection?.call(message, decode, options) ?? callBy(message, decode, options)
  const server = `${what.program.name} at ${to.address}, ${transport.toUpperCase()} port ${to.port}`
  const reply = await replied.catch(error => {
    throw transportError(error, what.program, server, options.timeoutMs, context.platform)
  })
  if (reply.kind === 'success') return reply.results
  throw rejectionError(reply, what.program, server)
}

/** Whether a call succeeds, for those whose error does not matter. */
export const succeeds = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    () => false,
  )
