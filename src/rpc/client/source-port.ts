import { BeError, errno } from '../../errors/errors.ts'
import type { Endpoint, Network, TcpConnection, UdpSocket } from '../../net/net.ts'

/** bindresvport(3): FreeBSD's range is 1023 down to 600. */
const HIGHEST = 1023
const LOWEST = 600

export interface SourceOptions {
  network: Network
  /** The lab address, which exports admit; the system picks one if absent. */
  localAddress?: string
  /** Call from a port below 1024, as mountd and rpcbind require. Otherwise from any: reserved ports are few. */
  reserved?: boolean | undefined
  /** Called once for each call that could not have a reserved port. */
  warn?: (line: string) => void
}

/** A connected UDP socket. */
export const openUdp = (source: SourceOptions, to: Endpoint): Promise<UdpSocket> =>
  fromPort(source, port =>
    source.network.udp({ address: source.localAddress ?? '0.0.0.0', port, connect: to }),
  )

/** A TCP connection. */
export const openTcp = (source: SourceOptions, to: Endpoint, timeoutMs: number): Promise<TcpConnection> =>
  fromPort(source, port =>
    source.network.tcp({ to, localAddress: source.localAddress, localPort: port, timeoutMs }),
  )

/**
 * mountd(8) without -n requires a source port below 1024. Tries each reserved port once, highest first; falls
 * back to any port where the process may not bind reserved ones. Throws BE_NO_RESERVED_PORT.
 */
async function fromPort<T>(source: SourceOptions, open: (port: number) => Promise<T>): Promise<T> {
  if (!source.reserved) return open(0)
  let busy: unknown
  for (let port = HIGHEST; port >= LOWEST; port--) {
    try {
      return await open(port)
    } catch (error) {
      if (isForbidden(error)) return fromAnyPort(source, open)
      if (!isBusy(error)) throw error
      busy = error
    }
  }
  throw new BeError('BE_NO_RESERVED_PORT', `all source ports from ${LOWEST} to ${HIGHEST} are in use`, {
    hint: 'see what holds them: sockstat -4, ss -anp',
    cause: busy,
  })
}

function fromAnyPort<T>(source: SourceOptions, open: (port: number) => Promise<T>): Promise<T> {
  source.warn?.(
    'not root, so RPC calls come from a port above 1023: mountd refuses them unless it runs with -n (FreeBSD) or the export says insecure (Linux)',
  )
  return open(0)
}

const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? ''

const isForbidden = (error: unknown): boolean =>
  codeOf(error) === 'BE_PORT_PERMISSION' || errno(error) === 'EACCES' || errno(error) === 'EPERM'

/** EADDRNOTAVAIL on connect: a connection with the same addresses and ports is still in TIME_WAIT. */
const isBusy = (error: unknown): boolean =>
  ['BE_PORT_TAKEN', 'EADDRINUSE', 'EADDRNOTAVAIL'].includes(codeOf(error))
