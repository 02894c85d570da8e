import type { Endpoint } from '../../net/net.ts'
import { decodeMounted, encodePath, MOUNT_PROCEDURE, type Mounted } from '../mount.ts'
import { mountError } from '../mount-status.ts'
import { MOUNT, type Transport } from '../programs.ts'
import { call, type RpcContext } from './call.ts'
import type { ClientConnection } from './tcp.ts'

/** Where mountd listens. */
export interface MountServer {
  at: Endpoint
  transport: Transport
  /** For TCP: a connection that many calls share. */
  connection?: ClientConnection | undefined
}

function callMountd(context: RpcContext, server: MountServer, procedure: number, path: string) {
  const { at: to, transport, connection } = server
  const how = { to, transport, connection, credential: 'root', reserved: true } as const
  return call(context, { program: MOUNT, procedure, args: encodePath(path), ...how })
}

/**
 * The handle of an exported path. Only MNT proves that a path is exported to this host: showmount -e also lists
 * paths that mountd refuses. Throws the error of the status (mount-status.ts) and the errors of call().
 */
export async function mnt(context: RpcContext, server: MountServer, path: string): Promise<Mounted> {
  const results = await callMountd(context, server, MOUNT_PROCEDURE.MNT, path)
  const status = results.uint32()
  if (status === 0) return decodeMounted(results)
  throw mountError(status, path, server.at.address, context.localAddress)
}

/** Removes this host's entry from mountd's list of mounts; has no other effect. Throws the errors of call(). */
export async function umnt(context: RpcContext, server: MountServer, path: string): Promise<void> {
  await callMountd(context, server, MOUNT_PROCEDURE.UMNT, path)
}
