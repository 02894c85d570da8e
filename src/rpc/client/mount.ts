import type { Endpoint } from '../../net/net.ts'
import { mountError } from '../mount-status.ts'
import { MOUNT, type Transport } from '../programs.ts'
import { type XdrReader, XdrWriter } from '../xdr.ts'
import { call, type RpcContext } from './call.ts'
import type { ClientConnection } from './connection.ts'

/** RFC 1813, appendix I: procedures and limits. */
const PROC = { MNT: 1, UMNT: 3 } as const
export const MNTPATHLEN = 1024
const FHSIZE3 = 64

/** Where mountd listens. */
export interface MountServer {
  at: Endpoint
  transport: Transport
  /** By TCP: a connection for many calls. */
  connection?: ClientConnection | undefined
}

/** What MNT grants. */
export interface Mounted {
  /** 1 to 64 bytes. */
  handle: Buffer
  /** RPC security flavours that the export admits: 0 none, 1 sys, 390003 and on Kerberos. */
  flavours: number[]
}

function ask(context: RpcContext, server: MountServer, procedure: number, args: Uint8Array) {
  const { at: to, ...how } = server
  return call(context, { program: MOUNT, procedure, to, ...how, credential: 'root', reserved: true, args })
}

/**
 * The handle of an exported path: the only proof that it is exported to us (showmount -e lists paths that
 * mountd rejects). Throws the error of the status (see mount-status.ts), and call()'s errors.
 */
export async function mnt(context: RpcContext, server: MountServer, path: string): Promise<Mounted> {
  const results = await ask(context, server, PROC.MNT, encodePath(path))
  const status = results.uint32()
  if (status === 0) return readMounted(results)
  throw mountError(status, path, server.at.address, context.localAddress)
}

/** Takes our entry off mountd's list of clients, which is all that UMNT does. Throws call()'s errors. */
export async function umnt(context: RpcContext, server: MountServer, path: string): Promise<void> {
  await ask(context, server, PROC.UMNT, encodePath(path))
}

export const encodePath = (path: string): Buffer => new XdrWriter().string(path).bytes()

export function readMounted(reader: XdrReader): Mounted {
  const handle = reader.opaque(FHSIZE3)
  const count = reader.uint32()
  const flavours: number[] = []
  for (let i = 0; i < count; i++) flavours.push(reader.uint32())
  return { handle, flavours }
}
