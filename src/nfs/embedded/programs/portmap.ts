import type { Registration } from '../../../rpc/portmap.ts'
import { IPPROTO } from '../../../rpc/portmap.ts'
import { PORTMAP } from '../../../rpc/programs.ts'
import type { ServedProgram } from '../../../rpc/server/dispatch.ts'
import type { XdrWriter } from '../../../rpc/xdr.ts'

/** RFC 1833, section 3. CALLIT is not there: it makes others call in our name. */
const PROC = { NULL: 0, SET: 1, UNSET: 2, GETPORT: 3, DUMP: 4 } as const

/** A portmapper that knows what was registered when it began, and nothing else. */
export const portmapProgram = (registered: readonly Registration[]): ServedProgram => ({
  number: PORTMAP.number,
  versions: [PORTMAP.version],
  answer({ procedure, args }, reply) {
    switch (procedure) {
      case PROC.NULL:
        return true
      case PROC.SET:
      case PROC.UNSET:
        reply.bool(false)
        return true
      case PROC.GETPORT: {
        const [program, version, protocol] = [args.uint32(), args.uint32(), args.uint32()]
        args.uint32()
        const found = registered.find(
          one => one.program === program && one.version === version && IPPROTO[one.transport] === protocol,
        )
        reply.uint32(found?.port ?? 0)
        return true
      }
      case PROC.DUMP:
        for (const one of registered) writeRegistration(reply.bool(true), one)
        reply.bool(false)
        return true
      default:
        return false
    }
  },
})

const writeRegistration = (reply: XdrWriter, { program, version, transport, port }: Registration) =>
  reply.uint32(program).uint32(version).uint32(IPPROTO[transport]).uint32(port)
