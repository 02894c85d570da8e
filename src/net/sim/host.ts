import { BeError } from '../../errors/errors.ts'
import type {
  Endpoint,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  Listener,
  Network,
  TcpConnection,
  TcpOptions,
  UdpOptions,
  UdpSocket,
} from '../net.ts'
import type { SimClock } from './clock.ts'
import { type Medium, type SimPort, sameEndpoint } from './medium.ts'
import { SimStream } from './stream.ts'

/** A host on a simulated network, with one address. */
export class SimHost implements Network {
  readonly net: Medium
  address: string
  #ephemeral = 49152

  constructor(net: Medium, address: string) {
    this.net = net
    this.address = address
  }

  get clock(): SimClock {
    return this.net.clock
  }

  owns(address: string): boolean {
    return address === this.address
  }

  async udp(options: UdpOptions): Promise<UdpSocket> {
    const { address } = options
    if (address !== '0.0.0.0' && !this.owns(address)) {
      throw new BeError('BE_ADDRESS_NOT_LOCAL', `${address} is not an address of this host`)
    }
    const at = { address, port: options.port || this.#ephemeral++ }
    const taken = this.net.ports.some(
      port => port.host === this && sameEndpoint(port.at, at) && !(port.peer && options.connect),
    )
    if (taken) throw new BeError('BE_PORT_TAKEN', `UDP ${at.address}:${at.port} is in use`)
    let listener: (data: Buffer, from: Endpoint) => void = () => {}
    const port: SimPort = {
      host: this,
      at,
      peer: options.connect,
      receive: (data, from) => listener(data, from),
    }
    this.net.ports.push(port)
    const source = () => ({ address: at.address === '0.0.0.0' ? this.address : at.address, port: at.port })
    return {
      local: at,
      send: (data, to = options.connect) => {
        if (to && this.net.ports.includes(port)) this.net.transmit(source(), to, Buffer.from(data))
      },
      onMessage: run => {
        listener = run
      },
      onError: () => {},
      onDrop: () => {},
      close: () => {
        const index = this.net.ports.indexOf(port)
        if (index >= 0) this.net.ports.splice(index, 1)
      },
    }
  }

  async listen(
    { address, port }: Endpoint,
    accept: (peer: TcpConnection, from: Endpoint) => void,
  ): Promise<Listener> {
    const at = { address, port: port || this.#ephemeral++ }
    const key = keyOf(at)
    if (this.net.tcpListeners.has(key)) throw new BeError('BE_PORT_TAKEN', `TCP ${key} is in use`)
    this.net.tcpListeners.set(key, accept)
    return {
      local: at,
      close: async () => {
        this.net.tcpListeners.delete(key)
      },
    }
  }

  async tcp(options: TcpOptions): Promise<TcpConnection> {
    const to = keyOf(options.to)
    const accept = this.net.tcpListeners.get(to)
    if (!accept) throw refused(to)
    const [near, far] = SimStream.pair(this.net.clock, this.net.impairments.latencyMs)
    accept(far, { address: this.address, port: options.localPort || this.#ephemeral++ })
    return near
  }

  async http(at: Endpoint, handler: HttpHandler): Promise<Listener> {
    const key = keyOf(at)
    this.net.httpHandlers.set(key, handler)
    return {
      local: at,
      close: async () => {
        this.net.httpHandlers.delete(key)
      },
    }
  }

  /** An HTTP request from this host; the whole body is collected. */
  async fetch(url: string, init: Partial<HttpRequest> = {}): Promise<HttpResponse & { bytes: Buffer }> {
    const { hostname, port, pathname, search } = new URL(url)
    const handler = this.net.httpHandlers.get(`${hostname}:${port || 80}`)
    if (!handler) throw refused(hostname)
    // URL leaves `//` in pathname as it is: the handler gets it as a loader sends it.
    const from = { address: this.address, port: this.#ephemeral++ }
    const request = { method: 'GET', target: pathname + search, headers: {}, from, ...init }
    const response = await handler(request)
    const chunks: Buffer[] = []
    if (Buffer.isBuffer(response.body)) chunks.push(response.body)
    else if (response.body) for await (const chunk of response.body) chunks.push(Buffer.from(chunk))
    return { ...response, bytes: Buffer.concat(chunks) }
  }
}

const keyOf = ({ address, port }: Endpoint): string => `${address}:${port}`

const refused = (to: string): Error =>
  Object.assign(new Error(`connect ECONNREFUSED ${to}`), { code: 'ECONNREFUSED' })
