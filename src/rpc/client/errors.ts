import type { CodesOf } from '../../errors/codes/index.ts'
import { BeError, errno, reason } from '../../errors/errors.ts'
import type { Platform } from '../../host/platform.ts'
import { type Program, startHint } from '../programs.ts'
import type { Reply } from './message.ts'
import { CallTimeout, ConnectionClosed } from './transport.ts'

/** Whether no server was reached; false for a server that answered with an error. */
export const isTransportError = (error: unknown): boolean =>
  error instanceof BeError && /_(DOWN|TIMEOUT|UNREACHABLE|CLOSED|NOT_REGISTERED)$/.test(error.code)

/** The error of a call that got no reply; `server` names it for a person. */
export function transportError(
  error: unknown,
  program: Program,
  server: string,
  timeoutMs: number,
  platform?: Platform,
): BeError {
  if (error instanceof BeError) return error
  const code = `BE_${program.code}` as const
  if (errno(error) === 'ECONNREFUSED') {
    const hint = startHint(program, platform)
    return new BeError(`${code}_DOWN`, `nothing listens as ${server}`, { hint })
  }
  if (error instanceof CallTimeout || errno(error) === 'ETIMEDOUT') {
    return new BeError(`${code}_TIMEOUT`, `no answer within ${timeoutMs / 1000} s from ${server}`, {
      hint: 'is it hung, or does a packet filter stand between?',
    })
  }
  if (error instanceof ConnectionClosed || errno(error) === 'ECONNRESET' || errno(error) === 'EPIPE') {
    return new BeError(`${code}_CLOSED`, `connection closed without an answer by ${server}`, {
      hint: 'see its log',
    })
  }
  return new BeError(`${code}_UNREACHABLE`, `cannot reach ${server}: ${reason(error)}`, {
    hint: 'check lab.address and the route to the server',
    cause: error,
  })
}

/** The error of a reply other than success (RFC 5531, section 9); `server` names it for a person. */
export function rejectionError(reply: Exclude<Reply, { kind: 'success' }>, program: Program, server: string) {
  const versions = 'low' in reply ? ` (it speaks ${reply.low} to ${reply.high})` : ''
  switch (reply.status) {
    case 'RPC_MISMATCH':
      return rejected(
        'BE_RPC_VERSION',
        `${server} refuses RPC version 2${versions}`,
        'is this an RPC server?',
      )
    case 'AUTH_ERROR':
      return rejected(
        'BE_RPC_AUTH',
        `${server} rejects the credentials of root: ${reply.authStat}`,
        'a loader sends AUTH_UNIX, uid 0: allow security flavour sys',
      )
    case 'PROG_UNAVAIL':
      return rejected('BE_RPC_NO_PROGRAM', `${server} does not serve program ${program.number}`, 'restart it')
    case 'PROG_MISMATCH':
      return rejected(
        'BE_RPC_NO_VERSION',
        `${server} does not speak version ${program.version}${versions}`,
        'switch it on: loaders know nothing newer or older (FreeBSD: nfsv4_server_only=NO)',
      )
    case 'PROC_UNAVAIL':
      return rejected('BE_RPC_NO_PROCEDURE', `${server} lacks the procedure`, 'is this the right server?')
    case 'GARBAGE_ARGS':
      return rejected('BE_RPC_GARBAGE_ARGS', `${server} could not decode the arguments`, 'please report this')
    case 'SYSTEM_ERR':
      return rejected('BE_RPC_SYSTEM_ERROR', `${server} failed inside (out of memory?)`, 'see its log')
  }
}

const rejected = (code: CodesOf<'BE_RPC_'>, message: string, hint: string): BeError =>
  new BeError(code, message, { hint })
