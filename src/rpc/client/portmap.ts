import { BeError } from '../../errors/errors.ts'
import { PORTMAP, type Program, type Transport } from '../programs.ts'
import { XdrWriter } from '../xdr.ts'
import { call, type RpcContext, startHint } from './call.ts'

/** RFC 1833, section 3: port and procedures. */
export const PORTMAP_PORT = 111
const PROC = { NULL: 0, SET: 1, UNSET: 2, GETPORT: 3 } as const
export const IPPROTO: Record<Transport, number> = { tcp: 6, udp: 17 }

/** A program of ours that a portmapper knows. */
export interface Registration {
  program: number
  version: number
  transport: Transport
  port: number
}

const ask = (context: RpcContext, server: string, over: Transport, procedure: number, args?: Uint8Array) =>
  call(context, {
    program: PORTMAP,
    procedure,
    to: { address: server, port: PORTMAP_PORT },
    transport: over,
    reserved: procedure === PROC.SET || procedure === PROC.UNSET,
    args,
  })

/** Does a portmapper answer? Throws call()'s errors. */
export async function portmapNull(context: RpcContext, server: string, over: Transport = 'udp') {
  await ask(context, server, over, PROC.NULL)
}

/** Arguments of GETPORT, SET and UNSET: program, version, protocol, and a port that SET alone looks at. */
export const encodeMapping = (program: number, version: number, protocol: Transport, port = 0): Buffer =>
  new XdrWriter().uint32(program).uint32(version).uint32(IPPROTO[protocol]).uint32(port).bytes()

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

/** The portmapper takes registrations from its own host alone: by loopback, from a reserved port (rpcbind(8)). */
const LOOPBACK = '127.0.0.1'

/**
 * Makes this host's portmapper hand out our port; false: another program has registered another. Throws
 * call()'s errors.
 */
export async function register(context: RpcContext, { program, version, transport, port }: Registration) {
  const args = encodeMapping(program, version, transport, port)
  return (await ask({ ...context, localAddress: LOOPBACK }, LOOPBACK, 'udp', PROC.SET, args)).bool()
}

/** Takes all that is registered for a program back, of both transports. Throws call()'s errors. */
export async function unregister(context: RpcContext, program: number, version: number): Promise<void> {
  const args = encodeMapping(program, version, 'udp')
  await ask({ ...context, localAddress: LOOPBACK }, LOOPBACK, 'udp', PROC.UNSET, args)
}
