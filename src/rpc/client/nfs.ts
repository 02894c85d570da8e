import type { Endpoint } from '../../net/net.ts'
import { NFS, type Transport } from '../programs.ts'
import { call, type RpcContext } from './call.ts'

/** Resolves when an NFSv3 server answers there (RFC 1813, section 3.3.0). Throws the errors of call(). */
export async function nfsNull(context: RpcContext, to: Endpoint, transport: Transport): Promise<void> {
  await call(context, { program: NFS, procedure: 0, to, transport })
}
