import { BeError, reason } from '../errors.ts'
import { type Endpoint, type Network, type UdpOptions, type UdpSocket, WILDCARD } from './net.ts'

/** sd_listen_fds(3): descriptors are handed over from 3 on. */
const FIRST = 3

/**
 * The descriptors that a service manager opened for this process: LISTEN_FDS of them, when LISTEN_PID is
 * ours (sd_listen_fds(3)). Throws BE_LISTEN_FDS.
 */
export function inheritedDescriptors(env: Record<string, string | undefined>, pid: number): number[] {
  const { LISTEN_FDS: count, LISTEN_PID: heir } = env
  if (count === undefined || heir !== String(pid)) return []
  if (!/^\d{1,4}$/.test(count)) {
    throw new BeError('BE_LISTEN_FDS', `LISTEN_FDS is "${count}"`, { expected: 'a number', exit: 'config' })
  }
  return Array.from({ length: Number(count) }, (_, index) => FIRST + index)
}

/** A network some of whose UDP sockets are open already. */
export interface InheritedNetwork extends Network {
  /** Inherited sockets that nobody asked for so far. */
  unused(): Endpoint[]
  /** Closes all of them. */
  close(): void
}

/**
 * `network` with the sockets behind `descriptors` in place of those that it would bind to the same
 * address and port. One on 0.0.0.0 also stands in for an address of this host: bound to one interface it
 * sends from there what it is given, and whoever asked for it first hears all that arrives. Rejects with
 * BE_LISTEN_FDS.
 */
export async function inherit(network: Network, descriptors: readonly number[]): Promise<InheritedNetwork> {
  const sockets: Inherited[] = []
  try {
    for (const fd of descriptors) sockets.push(await Inherited.open(network, fd))
    for (const [index, { local }] of sockets.entries()) refuseTwice(sockets.slice(0, index), local)
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
  return {
    udp: async options => find(sockets, options)?.take(options.address) ?? network.udp(options),
    tcp: options => network.tcp(options),
    listen: (at, accept) => network.listen(at, accept),
    http: (at, handler, onMalformed) => network.http(at, handler, onMalformed),
    unused: () => sockets.filter(({ taken }) => !taken).map(({ local }) => local),
    close() {
      for (const socket of sockets) socket.close()
    },
  }
}

function find(sockets: readonly Inherited[], { address, port, connect }: UdpOptions): Inherited | undefined {
  if (connect !== undefined) return undefined
  const there = sockets.filter(({ local }) => local.port === port)
  return (
    there.find(({ local }) => local.address === address) ??
    there.find(({ local }) => local.address === WILDCARD)
  )
}

/** Two on one port are two interfaces, and who asks by address and port cannot tell them apart. */
function refuseTwice(others: readonly Inherited[], { address, port }: Endpoint): void {
  if (!others.some(({ local }) => local.address === address && local.port === port)) return
  throw new BeError('BE_LISTEN_FDS', `two inherited sockets are bound to ${address}:${port}`, {
    expected: 'one for each address and port',
    hint: 'run one service for each interface',
    exit: 'config',
  })
}

class Inherited {
  taken = false
  readonly #socket: UdpSocket

  private constructor(socket: UdpSocket) {
    this.#socket = socket
    socket.onError(() => {})
  }

  static async open(network: Network, fd: number): Promise<Inherited> {
    try {
      return new Inherited(await network.udp({ fd, address: WILDCARD, port: 0, broadcast: true }))
    } catch (error) {
      throw new BeError('BE_LISTEN_FDS', `inherited descriptor ${fd}: ${reason(error)}`, {
        expected: 'a bound UDP socket (ListenDatagram= in systemd.socket(5))',
        exit: 'config',
        cause: error,
      })
    }
  }

  get local(): Endpoint {
    return this.#socket.local
  }

  /** The socket for its first taker; for further ones a way to send. */
  take(address: string): UdpSocket {
    const first = !this.taken
    this.taken = true
    if (first) return this.#socket
    const nothing = () => {}
    const local = { address, port: this.local.port }
    return {
      local,
      send: (data, to) => this.#socket.send(data, to),
      onMessage: nothing,
      onError: nothing,
      close: nothing,
    }
  }

  close(): void {
    this.#socket.close()
  }
}
