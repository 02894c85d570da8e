import { randomInt } from 'node:crypto'
import { BeError, errno, reason } from '../../errors/errors.ts'
import type { Platform } from '../../host/platform.ts'
import type { Clock, Endpoint } from '../../net/net.ts'
import type { Program, Transport } from '../programs.ts'
import type { XdrReader } from '../xdr.ts'
import {
  CallTimeout,
  type ClientConnection,
  ConnectionClosed,
  type ExchangeOptions,
  exchangeTcp,
  exchangeUdp,
} from './connection.ts'
import { decodeReply, encodeCall, type Reply } from './message.ts'
import type { SourceOptions } from './source-port.ts'

/** From where, and how patiently, calls are made. */
export interface RpcContext extends Omit<SourceOptions, 'reserved'> {
  clock: Clock
  /** For one call, in ms; default 5000. */
  timeoutMs?: number
  /** Of the host asked, for hints; default: both are given. */
  platform?: Platform
}

/** What to call where. */
export interface RpcCall {
  program: Program
  procedure: number
  to: Endpoint
  transport: Transport
  /** By TCP: a connection for many calls; default: one of its own. */
  connection?: ClientConnection | undefined
  credential?: 'none' | 'root'
  /** From a port below 1024. */
  reserved?: boolean | undefined
  /** XDR of the arguments; default none. */
  args?: Uint8Array
}

/**
 * Calls a remote procedure (RFC 5531) and returns a cursor over its results.
 *
 * Throws BE_<server>_DOWN (nothing listens), _TIMEOUT, _UNREACHABLE or _CLOSED, where <server> is PORTMAP,
 * MOUNTD or NFSD; BE_RPC_… for each way in which a server can reject a call; BE_XDR_MALFORMED.
 */
export async function call(context: RpcContext, what: RpcCall): Promise<XdrReader> {
  const xid = randomInt(2 ** 32)
  const { number: program, version } = what.program
  const { to, reserved, procedure, credential = 'none', args = new Uint8Array() } = what
  const message = encodeCall({ xid, program, version, procedure, credential, args })
  const options: ExchangeOptions = { ...context, reserved, to, timeoutMs: context.timeoutMs ?? 5000 }
  const accept = (reply: Buffer): Reply | undefined => decodeReply(reply, xid)
  const exchange = what.transport === 'udp' ? exchangeUdp<Reply> : exchangeTcp<Reply>
  const answer = what.connection?.exchange(message, accept, options) ?? exchange(message, accept, options)
  const outcome = await answer.catch(error => {
    throw transportError(error, what, options, context.platform)
  })
  if (outcome.kind === 'success') return outcome.results
  throw rejection(outcome, what.program, serverOf(what))
}

/** Whether the error says that no server was reached, as opposed to one that answered no. */
export const isTransportError = (error: unknown): boolean =>
  error instanceof BeError && /_(DOWN|TIMEOUT|UNREACHABLE|CLOSED|NOT_REGISTERED)$/.test(error.code)

const serverOf = ({ program, to, transport }: RpcCall): string =>
  `${program.name} at ${to.address}, ${transport.toUpperCase()} port ${to.port}`

/** How to start a server, on the platform or on either. */
export function startHint(program: Program, platform?: Platform): string {
  const { freebsd, linux } = program.start
  if (platform !== undefined) return `start it: ${program.start[platform]}`
  return `start it; FreeBSD: ${freebsd}; Linux: ${linux}`
}

function transportError(error: unknown, what: RpcCall, { timeoutMs }: ExchangeOptions, platform?: Platform) {
  if (error instanceof BeError) return error
  const code = `BE_${what.program.code}` as const
  const server = serverOf(what)
  if (errno(error) === 'ECONNREFUSED') {
    const hint = startHint(what.program, platform)
    return new BeError(`${code}_DOWN`, `nothing listens as ${server}`, { hint, exit: 'unavailable' })
  }
  if (error instanceof CallTimeout || errno(error) === 'ETIMEDOUT') {
    return new BeError(`${code}_TIMEOUT`, `no answer within ${timeoutMs / 1000} s from ${server}`, {
      hint: 'is it hung, or does a packet filter stand between?',
      exit: 'tryAgain',
    })
  }
  if (error instanceof ConnectionClosed || errno(error) === 'ECONNRESET' || errno(error) === 'EPIPE') {
    return new BeError(`${code}_CLOSED`, `connection closed without an answer by ${server}`, {
      hint: 'see its log',
      exit: 'tryAgain',
    })
  }
  return new BeError(`${code}_UNREACHABLE`, `cannot reach ${server}: ${reason(error)}`, {
    hint: 'check lab.address and the route to the server',
    exit: 'unavailable',
    cause: error,
  })
}

/** Each way in which a server can answer a call with no (RFC 5531, section 9). */
export function rejection(outcome: Exclude<Reply, { kind: 'success' }>, program: Program, server: string) {
  const versions = 'low' in outcome ? ` (it speaks ${outcome.low} to ${outcome.high})` : ''
  switch (outcome.status) {
    case 'RPC_MISMATCH':
      return refused('BE_RPC_VERSION', `${server} refuses RPC version 2${versions}`, 'is this an RPC server?')
    case 'AUTH_ERROR':
      return refused(
        'BE_RPC_AUTH',
        `${server} rejects the credentials of root: ${outcome.why}`,
        'a loader sends AUTH_UNIX, uid 0: allow security flavour sys',
      )
    case 'PROG_UNAVAIL':
      return refused('BE_RPC_NO_PROGRAM', `${server} does not serve program ${program.number}`, 'restart it')
    case 'PROG_MISMATCH':
      return refused(
        'BE_RPC_NO_VERSION',
        `${server} does not speak version ${program.version}${versions}`,
        'switch it on: loaders know nothing newer or older (FreeBSD: nfsv4_server_only=NO)',
      )
    case 'PROC_UNAVAIL':
      return refused('BE_RPC_NO_PROCEDURE', `${server} lacks the procedure`, 'is this the right server?')
    case 'GARBAGE_ARGS':
      return refused('BE_RPC_GARBAGE_ARGS', `${server} could not decode the arguments`, 'please report this')
    case 'SYSTEM_ERR':
      return refused('BE_RPC_SYSTEM_ERROR', `${server} failed inside (out of memory?)`, 'see its log')
  }
}

const refused = (code: `BE_${string}`, message: string, hint: string): BeError =>
  new BeError(code, message, { hint, exit: 'unavailable' })
