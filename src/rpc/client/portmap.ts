import { BeError } from '../../errors/errors.ts'
import { encodeMapping, PORTMAP_PORT, PORTMAP_PROCEDURE, type Registration } from '../portmap.ts'
import { PORTMAP, type Program, startHint, type Transport } from '../programs.ts'
import { call, type RpcContext } from './call.ts'

const callPortmapper = (
  context: RpcContext,
  server: string,
  transport: Transport,
  procedure: number,
  args?: Uint8Array,
) =>
  call(context, {
    program: PORTMAP,
    procedure,
    to: { address: server, port: PORTMAP_PORT },
    transport,
    reserved: procedure === PORTMAP_PROCEDURE.SET || procedure === PORTMAP_PROCEDURE.UNSET,
    args,
  })

/** Resolves when a portmapper answers. Throws the errors of call(). */
export async function portmapNull(context: RpcContext, server: string, transport: Transport = 'udp') {
  await callPortmapper(context, server, transport, PORTMAP_PROCEDURE.NULL)
}

/**
 * The port on which a program serves `protocol`; the portmapper itself is called by `transport`. Throws
 * BE_<program>_NOT_REGISTERED when the portmapper lists none, and the errors of call().
 */
export async function getPort(
  context: RpcContext,
  server: string,
  program: Program,
  protocol: Transport,
  transport: Transport = 'udp',
): Promise<number> {
  const args = encodeMapping(program.number, program.version, protocol)
  const results = await callPortmapper(context, server, transport, PORTMAP_PROCEDURE.GETPORT, args)
  const port = results.uint32()
  if (port > 0 && port <= 65535) return port
  throw new BeError(
    `BE_${program.code}_NOT_REGISTERED`,
    `no ${program.name} version ${program.version} for ${protocol.toUpperCase()} is registered at ${server}`,
    { hint: startHint(program, context.platform) },
  )
}

/** rpcbind(8) accepts SET and UNSET from its own host only: over loopback, from a reserved port. */
const LOOPBACK = '127.0.0.1'

/**
 * Registers a port with this host's portmapper; false when another program is registered there. Throws the
 * errors of call().
 */
export async function register(context: RpcContext, { program, version, transport, port }: Registration) {
  const args = encodeMapping(program, version, transport, port)
  const local = { ...context, localAddress: LOOPBACK }
  return (await callPortmapper(local, LOOPBACK, 'udp', PORTMAP_PROCEDURE.SET, args)).bool()
}

/** Removes all registrations of a program version, for both transports. Throws the errors of call(). */
export async function unregister(context: RpcContext, program: number, version: number): Promise<void> {
  const args = encodeMapping(program, version, 'udp')
  const local = { ...context, localAddress: LOOPBACK }
  await callPortmapper(local, LOOPBACK, 'udp', PORTMAP_PROCEDURE.UNSET, args)
}
