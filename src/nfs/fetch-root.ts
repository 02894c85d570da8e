import { BeError } from '../errors/errors.ts'
import type { Platform } from '../host/platform.ts'
import { mapLimited } from '../host/queue.ts'
import type { Clock, Network } from '../net/net.ts'
import { type RpcContext, succeeds } from '../rpc/client/call.ts'
import { isTransportError } from '../rpc/client/errors.ts'
import { type MountServer, mnt, umnt } from '../rpc/client/mount.ts'
import { nfsNull } from '../rpc/client/nfs.ts'
import { getPort } from '../rpc/client/portmap.ts'
import { ClientConnection } from '../rpc/client/tcp.ts'
import type { Mounted } from '../rpc/mount.ts'
import { MOUNT, NFS, NFS_PORT, type Program, type Transport } from '../rpc/programs.ts'
import { AUTH_NONE, AUTH_SYS } from '../rpc/protocol.ts'
import type { NfsRoot } from './root.ts'

/** Which paths to mount, from where. */
export interface RootsQuery {
  /** Address that clients mount from. */
  server: string
  paths: readonly string[]
  /** The lab address, which exports admit. */
  localAddress?: string
  clock: Clock
  /** For each call, in ms; default 3000. A server that does not answer at all takes a few of them. */
  timeoutMs?: number
  /** Of the server, if known: hints name its commands. */
  platform?: Platform
  /** Called once if calls cannot come from a reserved port. */
  warn?: (line: string) => void
}

/** The same for one path. */
export interface RootQuery extends Omit<RootsQuery, 'paths'> {
  path: string
}

/** Time limit (ms) of calls whose failure is no error: NULL and UMNT. */
const PROBE_MS = 1500

/** MNT calls at the same time: mountd answers them one by one, and over UDP each takes a reserved port. */
const MAX_CALLS = 16

/**
 * Mounts a path as a loader does (portmapper, then MOUNT v3 over UDP; over TCP when that fails) and returns its
 * handle, and by which transports the server serves NFS.
 *
 * Throws BE_MNT_<status>, BE_PORTMAP_…, BE_MOUNTD_…, BE_RPC_… (see rpc/), BE_NFS_BAD_HANDLE and
 * BE_NFS_SECURITY.
 */
export async function fetchRoot(network: Network, { path, ...query }: RootQuery): Promise<NfsRoot> {
  const [root] = await fetchRoots(network, { ...query, paths: [path] })
  if (root instanceof BeError) throw root
  return root!
}

/**
 * The same for many paths, in their order; the transports are probed once. An error about one path (BE_MNT_…,
 * BE_NFS_…) is returned in its place; any other error is thrown.
 */
export async function fetchRoots(network: Network, query: RootsQuery): Promise<(NfsRoot | BeError)[]> {
  const { server, paths, clock, localAddress, platform, timeoutMs = 3000 } = query
  if (paths.length === 0) return []
  const context: RpcContext = { network, clock, localAddress, platform, timeoutMs, warn: once(query.warn) }
  const { mounted, transport } = await mountByEither(context, server, paths)
  const [udp, tcp] = await Promise.all([
    transport === 'udp' && servesNfsByUdp(context, server),
    succeeds(nfsNull(probe(context), { address: server, port: NFS_PORT }, 'tcp')),
  ])
  return mounted.map((answer, i) =>
    answer instanceof BeError ? answer : { server, path: paths[i]!, handle: answer.handle, udp, tcp },
  )
}

/** By UDP as loaders do; by TCP if no server was reached so. When both fail, the error of UDP is thrown. */
async function mountByEither(context: RpcContext, server: string, paths: readonly string[]) {
  try {
    return { mounted: await mountAll(context, server, paths, 'udp'), transport: 'udp' as const }
  } catch (error) {
    if (!isTransportError(error)) throw error
    try {
      return { mounted: await mountAll(context, server, paths, 'tcp'), transport: 'tcp' as const }
    } catch (second) {
      throw isTransportError(second) ? error : second
    }
  }
}

async function mountAll(
  context: RpcContext,
  server: string,
  paths: readonly string[],
  transport: Transport,
): Promise<(Mounted | BeError)[]> {
  const [first, ...rest] = paths as [string, ...string[]]
  const at = { address: server, port: await portOf(context, server, MOUNT, transport) }
  const connection =
    transport === 'tcp' ? new ClientConnection({ ...context, reserved: true }, at) : undefined
  const mountd = { at, transport, connection }
  try {
    // The first one alone, so that a server that does not answer costs one time limit, not one for each path.
    const answer = await mount(context, mountd, first)
    return [answer, ...(await mapLimited(rest, MAX_CALLS, path => mount(context, mountd, path)))]
  } finally {
    connection?.close()
  }
}

async function mount(context: RpcContext, mountd: MountServer, path: string): Promise<Mounted | BeError> {
  try {
    const mounted = await mnt(context, mountd, path)
    // Otherwise the server's list of mounts would name this host for ever.
    await succeeds(umnt(probe(context), mountd, path))
    checkMounted(mounted, mountd.at.address, path)
    return mounted
  } catch (error) {
    if (error instanceof BeError && /^BE_(MNT|NFS)_/.test(error.code)) return error
    throw error
  }
}

/** A portmapper may serve TCP alone, so it is called by the transport of the call that follows. */
const portOf = (
  context: RpcContext,
  server: string,
  program: Program,
  transport: Transport,
): Promise<number> => getPort(context, server, program, transport, transport)

/** The loader asks the portmapper for nfsd's UDP port; it does not assume 2049. */
const servesNfsByUdp = (context: RpcContext, server: string): Promise<boolean> =>
  succeeds(
    getPort(probe(context), server, NFS, 'udp').then(port =>
      nfsNull(probe(context), { address: server, port }, 'udp'),
    ),
  )

const probe = (context: RpcContext): RpcContext => ({
  ...context,
  timeoutMs: Math.min(PROBE_MS, context.timeoutMs ?? PROBE_MS),
})

function checkMounted({ handle, flavours }: Mounted, server: string, path: string): void {
  if (handle.length === 0) {
    throw new BeError('BE_NFS_BAD_HANDLE', `mountd at ${server} gave an empty handle for ${path}`, {
      expected: '1 to 64 bytes',
    })
  }
  if (flavours.length > 0 && !flavours.some(flavour => flavour === AUTH_SYS || flavour === AUTH_NONE)) {
    throw new BeError('BE_NFS_SECURITY', `${server} exports ${path} for security flavours ${flavours} only`, {
      expected: 'sys (1)',
      hint: 'loaders and kernels that boot know no Kerberos: add sec=sys to the export',
    })
  }
}

function once(warn: ((line: string) => void) | undefined): (line: string) => void {
  let warned = false
  return line => {
    if (!warned) warn?.(line)
    warned = true
  }
}
