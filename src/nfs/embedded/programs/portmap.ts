import { IPPROTO, PORTMAP_PROCEDURE, type Registration } from '../../../rpc/portmap.ts'
import { PORTMAP } from '../../../rpc/programs.ts'
import type { ServedProgram } from '../../../rpc/server/dispatch.ts'
import type { XdrReader, XdrWriter } from '../../../rpc/xdr.ts'

/**
 * A portmapper (RFC 1833, section 3) with a fixed list. Lacks CALLIT, by which others could make calls from this
 * host's address.
 */
export const portmapProgram = (registered: readonly Registration[]): ServedProgram => ({
  number: PORTMAP.number,
  versions: [PORTMAP.version],
  answer({ procedure, args }, reply) {
    switch (procedure) {
      case PORTMAP_PROCEDURE.NULL:
        return true
      case PORTMAP_PROCEDURE.SET:
      case PORTMAP_PROCEDURE.UNSET:
        reply.bool(false)
        return true
      case PORTMAP_PROCEDURE.GETPORT:
        reply.uint32(findPort(registered, args))
        return true
      case PORTMAP_PROCEDURE.DUMP:
        for (const one of registered) writeRegistration(reply.bool(true), one)
        reply.bool(false)
        return true
      default:
        return false
    }
  },
})

/** 0 for a program that is not registered. */
function findPort(registered: readonly Registration[], args: XdrReader): number {
  const [program, version, protocol] = [args.uint32(), args.uint32(), args.uint32()]
  args.uint32() // port: not used by GETPORT
  const found = registered.find(
    one => one.program === program && one.version === version && IPPROTO[one.transport] === protocol,
  )
  return found?.port ?? 0
}

const writeRegistration = (reply: XdrWriter, { program, version, transport, port }: Registration) =>
  reply.uint32(program).uint32(version).uint32(IPPROTO[transport]).uint32(port)
