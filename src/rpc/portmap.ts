import { BeError } from '../errors.ts'
import { call, type RpcContext, startHint } from './client.ts'
import { PORTMAP, type Program, type Transport } from './programs.ts'
import { type XdrReader, XdrWriter } from './xdr.ts'

/** RFC 1833, section 3: port and procedures. */
export const PORTMAP_PORT = 111
const PROC = { NULL: 0, GETPORT: 3, DUMP: 4 } as const
const IPPROTO: Record<Transport, number> = { tcp: 6, udp: 17 }

/** One line of what rpcinfo -p prints. */
export interface Mapping {
  program: number
  version: number
  /** `udp`, `tcp`, or the bare number of another protocol. */
  protocol: Transport | number
  port: number
}

const ask = (context: RpcContext, server: string, over: Transport, procedure: number, args?: Uint8Array) =>
  call(context, {
    program: PORTMAP,
    procedure,
    to: { address: server, port: PORTMAP_PORT },
    transport: over,
    args,
  })

/** Does a portmapper answer? Throws call()'s errors. */
export async function portmapNull(context: RpcContext, server: string, over: Transport = 'udp') {
  await ask(context, server, over, PROC.NULL)
}

/** Arguments of GETPORT: program, version, protocol, and a port that is ignored. */
export const encodeMapping = (program: number, version: number, protocol: Transport): Buffer =>
  new XdrWriter().uint32(program).uint32(version).uint32(IPPROTO[protocol]).uint32(0).bytes()

/**
 * The port on which a program serves `protocol`, asked `over` UDP unless told otherwise. Throws
 * BE_<program>_NOT_REGISTERED when the portmapper knows none, and call()'s errors.
 */
export async function getPort(
  context: RpcContext,
  server: string,
  program: Program,
  protocol: Transport,
  over: Transport = 'udp',
): Promise<number> {
  const args = encodeMapping(program.number, program.version, protocol)
  const port = (await ask(context, server, over, PROC.GETPORT, args)).uint32()
  if (port > 0 && port <= 65535) return port
  throw new BeError(
    `BE_${program.code}_NOT_REGISTERED`,
    `no ${program.name} version ${program.version} for ${protocol.toUpperCase()} is registered at ${server}`,
    { hint: startHint(program, context.platform), exit: 'unavailable' },
  )
}

/** Everything that is registered. Over TCP: the list may not fit a datagram. Throws call()'s errors. */
export async function portmapDump(context: RpcContext, server: string): Promise<Mapping[]> {
  return (await ask(context, server, 'tcp', PROC.DUMP)).list(readMapping)
}

export function readMapping(reader: XdrReader): Mapping {
  const program = reader.uint32()
  const version = reader.uint32()
  const number = reader.uint32()
  const protocol = number === IPPROTO.tcp ? 'tcp' : number === IPPROTO.udp ? 'udp' : number
  return { program, version, protocol, port: reader.uint32() }
}
