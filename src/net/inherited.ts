import { BeError, reason } from '../errors/errors.ts'
import { type Devices, deviceOf, hostDevices } from './device.ts'
import { type Endpoint, type Network, type UdpOptions, type UdpSocket, WILDCARD } from './net.ts'

/** The first inherited descriptor (SD_LISTEN_FDS_START of sd_listen_fds(3)). */
const FIRST = 3

/** An inherited socket. */
export interface Descriptor {
  fd: number
  /** Its entry in LISTEN_FDNAMES. */
  name?: string | undefined
}

/**
 * The descriptors that a service manager opened for this process: LISTEN_FDS of them, when LISTEN_PID is
 * our pid, with the names in LISTEN_FDNAMES (sd_listen_fds(3)). Throws BE_LISTEN_FDS.
 */
export function inheritedDescriptors(env: Record<string, string | undefined>, pid: number): Descriptor[] {
  const { LISTEN_FDS: count, LISTEN_PID: intended, LISTEN_FDNAMES: names } = env
  if (count === undefined || intended !== String(pid)) return []
  if (!/^\d{1,4}$/.test(count)) {
    throw new BeError('BE_LISTEN_FDS', `LISTEN_FDS is "${count}"`, { expected: 'a number' })
  }
  const all = names?.split(':') ?? []
  return Array.from({ length: Number(count) }, (_, index) => ({ fd: FIRST + index, name: all[index] }))
}

/** A network with UDP sockets that were open before the program started. */
export interface InheritedNetwork extends Network {
  /** Whether an inherited socket on this port is bound to the interface with this address alone. */
  hasInterfaceSocket(port: number, address: string): boolean
  /** Local addresses of the inherited sockets that udp() has not returned so far. */
  unused(): Endpoint[]
  /** Closes all inherited sockets. */
  close(): void
}

/**
 * A network whose udp() returns the inherited socket with the address and port asked for, where there is one, and
 * otherwise opens a socket on `network`. A socket on 0.0.0.0 also serves for a single address of this host: the first
 * caller of udp() receives all that arrives, later ones can only send. A socket that is named as an interface
 * (FileDescriptorName= in systemd.socket(5)) serves for that interface only. Rejects with BE_LISTEN_FDS.
 */
export async function inherit(
  network: Network,
  descriptors: readonly Descriptor[],
  devices: Devices = hostDevices(),
): Promise<InheritedNetwork> {
  const sockets: Inherited[] = []
  try {
    for (const descriptor of descriptors) sockets.push(await Inherited.open(network, descriptor, devices))
    for (const [index, socket] of sockets.entries()) refuseDuplicate(sockets.slice(0, index), socket)
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
  return {
    udp: async options => find(sockets, options, devices)?.take(options.address) ?? network.udp(options),
    tcp: options => network.tcp(options),
    listen: (at, accept) => network.listen(at, accept),
    http: (at, handler, options) => network.http(at, handler, options),
    hasInterfaceSocket(port, address) {
      const device = deviceOf(address, devices)
      const onPort = sockets.filter(({ local }) => local.port === port)
      return device !== undefined && onPort.some(socket => socket.device === device)
    },
    unused: () => sockets.filter(({ taken }) => !taken).map(({ local }) => local),
    close() {
      for (const socket of sockets) socket.close()
    },
  }
}

function find(
  sockets: readonly Inherited[],
  { address, port, connect, interfaceOf = address }: UdpOptions,
  devices: Devices,
): Inherited | undefined {
  if (connect !== undefined) return undefined
  const wanted = deviceOf(interfaceOf, devices)
  const candidates = sockets.filter(
    ({ local, device }) => local.port === port && (device === undefined || device === wanted),
  )
  return (
    candidates.find(({ local }) => local.address === address) ??
    candidates.find(({ local }) => local.address === WILDCARD)
  )
}

/** Two sockets with the same address and port are bound to two interfaces: only their names tell which is which. */
function refuseDuplicate(others: readonly Inherited[], { local, device }: Inherited): void {
  const { address, port } = local
  const same = others.filter(other => other.local.address === address && other.local.port === port)
  if (!same.some(other => device === undefined || other.device === undefined || other.device === device))
    return
  throw new BeError('BE_LISTEN_FDS', `two inherited sockets are bound to ${address}:${port}`, {
    expected: 'one for each address and port, or each named as its interface (FileDescriptorName=)',
  })
}

class Inherited {
  taken = false
  /** The interface that it is bound to, if its name is one: service managers give each socket some name. */
  readonly device: string | undefined
  readonly #socket: UdpSocket

  private constructor(socket: UdpSocket, device: string | undefined) {
    this.#socket = socket
    this.device = device
    socket.onError(() => {})
  }

  static async open(network: Network, { fd, name = '' }: Descriptor, devices: Devices): Promise<Inherited> {
    try {
      const socket = await network.udp({ fd, address: WILDCARD, port: 0, broadcast: true })
      return new Inherited(socket, Object.hasOwn(devices, name) ? name : undefined)
    } catch (error) {
      throw new BeError('BE_LISTEN_FDS', `inherited descriptor ${fd}: ${reason(error)}`, {
        expected: 'a bound UDP socket (ListenDatagram= in systemd.socket(5))',
        cause: error,
      })
    }
  }

  get local(): Endpoint {
    return this.#socket.local
  }

  /** The socket itself for the first caller; for later ones a socket that only sends. */
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
      onDrop: nothing,
      close: nothing,
    }
  }

  close(): void {
    this.#socket.close()
  }
}
