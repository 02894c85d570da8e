import type { Endpoint } from '../../net/net.ts'
import { NFS, type Transport } from '../programs.ts'
import { call, type RpcContext } from './call.ts'

/** NFS over TCP: FreeBSD's kernel asks no portmapper for its root (sys/nfs/bootp_subr.c, nfs_diskless.c). */
export const NFS_PORT = 2049

/** Does an NFSv3 server answer there (RFC 1813, section 3.3.0)? Throws call()'s errors. */
export async function nfsNull(context: RpcContext, to: Endpoint, transport: Transport): Promise<void> {
  await call(context, { program: NFS, procedure: 0, to, transport })
}
