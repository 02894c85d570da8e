import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { encodeCall } from '../../src/rpc/client/message.ts'
import { XdrWriter } from '../../src/rpc/xdr.ts'
import { NfsClient } from '../nfs/embedded/nfs-client.ts'
import { ATTACKER, BE, SERVER } from './network.ts'

/** NFS calls as attackers make them. */

export const NFS_PORT = { address: SERVER, port: 2049 }

export const nfsCall = (xid: number, procedure: number, args: XdrWriter): Buffer =>
  encodeCall({ ...{ xid, program: 100003, version: 3, procedure }, credential: 'root', args: args.bytes() })

/** The handle of a file below the root of the BE, which the attacking host gets as machines do. */
export async function handleOf(path: string): Promise<Buffer> {
  const where = { network: nodeNetwork, clock: nodeClock, address: SERVER, nfs: 2049, mount: 20048 }
  const client = new NfsClient({ ...where, localAddress: ATTACKER[0]! })
  return client.walk(await client.mnt(`/ROOT/${BE}`), path)
}

/** READ's arguments. */
export const readArguments = (file: Buffer, offset: number, count: number): XdrWriter =>
  new XdrWriter().opaque(file).uint64(offset).uint32(count)
