import type { Endpoint } from '../../src/net/net.ts'
import { call, type RpcContext } from '../../src/rpc/client/call.ts'
import { IPPROTO, PORTMAP_PORT } from '../../src/rpc/portmap.ts'
import { MOUNT, PORTMAP, type Transport } from '../../src/rpc/programs.ts'
import type { XdrReader } from '../../src/rpc/xdr.ts'

/** The calls of showmount(8) and rpcinfo(8), to check what servers list. */

/** One exported directory, as showmount -e prints it. */
export interface Exported {
  path: string
  /** Hosts, networks or netgroups; empty: everyone. */
  groups: string[]
}

/** One line of what rpcinfo -p prints. */
export interface Mapping {
  program: number
  version: number
  /** `udp`, `tcp`, or the bare number of another protocol. */
  protocol: Transport | number
  port: number
}

/** EXPORT of MOUNT (RFC 1813, appendix I). */
export async function exportList(
  context: RpcContext,
  at: Endpoint,
  transport: Transport,
): Promise<Exported[]> {
  const results = await call(context, { program: MOUNT, procedure: 5, to: at, transport, credential: 'root' })
  return readList(results, item => ({
    path: item.string(1024),
    groups: readList(item, group => group.string(255)),
  }))
}

/** DUMP of the portmapper (RFC 1833, section 3), over TCP. */
export async function portmapDump(context: RpcContext, address: string): Promise<Mapping[]> {
  const to = { address, port: PORTMAP_PORT }
  return readList(await call(context, { program: PORTMAP, procedure: 4, to, transport: 'tcp' }), item => {
    const [program, version, number, port] = [item.uint32(), item.uint32(), item.uint32(), item.uint32()]
    const protocol = number === IPPROTO.tcp ? 'tcp' : number === IPPROTO.udp ? 'udp' : number
    return { program, version, protocol, port }
  })
}

/** `*next` of XDR's language (RFC 4506, section 4.19). */
export function readList<T>(reader: XdrReader, item: (reader: XdrReader) => T): T[] {
  const items: T[] = []
  while (reader.bool()) items.push(item(reader))
  return items
}
