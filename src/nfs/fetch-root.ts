import { BeError } from '../errors/errors.ts'
import type { Platform } from '../host/platform.ts'
import { mapLimited } from '../host/queue.ts'
import type { Clock, Network } from '../net/net.ts'
import type { RpcContext } from '../rpc/client/call.ts'
import { isTransportError } from '../rpc/client/errors.ts'
import { type MountServer, mnt, umnt } from '../rpc/client/mount.ts'
import { nfsNull } from '../rpc/client/nfs.ts'
import { getPort } from '../rpc/client/portmap.ts'
import { ClientConnection } from '../rpc/client/tcp.ts'
import type { Mounted } from '../rpc/mount.ts'
import { MOUNT, NFS, NFS_PORT, type Program, type Transport } from '../rpc/programs.ts'
import type { NfsRoot } from './root.ts'

/** What to fetch, from where. */
export interface RootsQuery {
  /** Address that clients mount from. */
  server: string
  paths: readonly string[]
  /** The lab address: exports admit by it. */
  localAddress?: string
  clock: Clock
  /** For each call; default 3000 ms. A server that is silent everywhere takes a few of them. */
  timeoutMs?: number
  /** Of the server, if known: hints name its commands. */
  platform?: Platform
  /** Told once if calls cannot come from a reserved port. */
  warn?: (line: string) => void
}

const AUTH_NONE = 0
const AUTH_SYS = 1
/** For what is only asked on the side: NULL calls and UMNT. */
const PROBE_MS = 1500

/** The same for one path. */
export interface RootQuery extends Omit<RootsQuery, 'paths'> {
  path: string
}

/** MNT calls under way at once: mountd answers one after the other, and by UDP each has a reserved port. */
const AT_ONCE = 16

/**
 * Mounts a path as a loader does (portmap, then MOUNT v3 on UDP; TCP when that fails) and returns its
 * handle, together with what the server can do for loader and kernel.
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
 * The same for many paths, in their order; the server is asked once what it can do. What it says against one
 * path (BE_MNT_…, BE_NFS_…) is the answer for that path alone; all else is thrown.
 */
export async function fetchRoots(network: Network, query: RootsQuery): Promise<(NfsRoot | BeError)[]> {
  const { server, paths, clock, localAddress, platform, timeoutMs = 3000 } = query
  if (paths.length === 0) return []
  const context: RpcContext = { network, clock, localAddress, platform, timeoutMs, warn: once(query.warn) }
  const { mounted, transport } = await mountAnyhow(context, server, paths)
  const [udp, tcp] = await Promise.all([
    transport === 'udp' && servesUdp(context, server),
    answers(nfsNull(brief(context), { address: server, port: NFS_PORT }, 'tcp')),
  ])
  return mounted.map((answer, i) =>
    answer instanceof BeError ? answer : { server, path: paths[i]!, handle: answer.handle, udp, tcp },
  )
}

/** By UDP as loaders do; by TCP if no server was reached that way. The first error says more than the second. */
async function mountAnyhow(context: RpcContext, server: string, paths: readonly string[]) {
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
  const line = transport === 'tcp' ? new ClientConnection({ ...context, reserved: true }, at) : undefined
  const door = { at, transport, connection: line }
  try {
    // Alone: a server that is silent is asked once, not for each path.
    const answer = await mountAt(context, door, first)
    return [answer, ...(await mapLimited(rest, AT_ONCE, path => mountAt(context, door, path)))]
  } finally {
    line?.close()
  }
}

async function mountAt(context: RpcContext, door: MountServer, path: string): Promise<Mounted | BeError> {
  const { address } = door.at
  try {
    const mounted = await mnt(context, door, path)
    // Courtesy: the server need not list us among its clients for ever.
    await answers(umnt(brief(context), door, path))
    checkMounted(mounted, address, path)
    return mounted
  } catch (error) {
    if (error instanceof BeError && /^BE_(MNT|NFS)_/.test(error.code)) return error
    throw error
  }
}

/** A portmapper may speak TCP alone: ask it the way in which the program is to be called. */
const portOf = (
  context: RpcContext,
  server: string,
  program: Program,
  transport: Transport,
): Promise<number> => getPort(context, server, program, transport, transport)

/** The loader asks the portmapper for nfsd's UDP port; it does not assume 2049. */
async function servesUdp(context: RpcContext, server: string): Promise<boolean> {
  const probe = brief(context)
  return answers(
    getPort(probe, server, NFS, 'udp').then(port => nfsNull(probe, { address: server, port }, 'udp')),
  )
}

const brief = (context: RpcContext): RpcContext => ({
  ...context,
  timeoutMs: Math.min(PROBE_MS, context.timeoutMs ?? PROBE_MS),
})

const answers = (asked: Promise<void>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  )

function checkMounted({ handle, flavours }: Mounted, server: string, path: string): void {
  if (handle.length === 0) {
    throw new BeError('BE_NFS_BAD_HANDLE', `mountd at ${server} gave an empty handle for ${path}`, {
      expected: '1 to 64 bytes',
      exit: 'unavailable',
    })
  }
  if (flavours.length > 0 && !flavours.some(flavour => flavour === AUTH_SYS || flavour === AUTH_NONE)) {
    throw new BeError('BE_NFS_SECURITY', `${server} exports ${path} for security flavours ${flavours} only`, {
      expected: 'sys (1)',
      hint: 'loaders and kernels that boot know no Kerberos: add sec=sys to the export',
      exit: 'unavailable',
    })
  }
}

function once(warn: ((line: string) => void) | undefined): (line: string) => void {
  let told = false
  return line => {
    if (!told) warn?.(line)
    told = true
  }
}
