import type { Endpoint, HttpHandler, TcpConnection } from '../net.ts'
import { SimClock } from './clock.ts'
import { SimHost } from './host.ts'
import { type Impairments, type Medium, type SimPort, sameEndpoint } from './medium.ts'
import { seededRandom } from './random.ts'

const PERFECT: Impairments = { latencyMs: 0.1, loss: 0, duplication: 0, reordering: 0, jitterMs: 20 }

/** One Ethernet segment with hosts on it. */
export class SimNetwork implements Medium {
  readonly clock: SimClock
  readonly impairments: Impairments
  /** Every datagram that was sent, lost ones included. */
  readonly sent: { from: Endpoint; to: Endpoint; data: Buffer }[] = []
  readonly ports: SimPort[] = []
  readonly tcpListeners = new Map<string, (peer: TcpConnection, from: Endpoint) => void>()
  readonly httpHandlers = new Map<string, HttpHandler>()
  readonly #random: () => number

  /** The same `seed` loses, doubles and delays the same datagrams. */
  constructor(options: { clock?: SimClock; seed?: number; impairments?: Partial<Impairments> } = {}) {
    this.clock = options.clock ?? new SimClock()
    this.impairments = { ...PERFECT, ...options.impairments }
    this.#random = seededRandom(options.seed ?? 1)
  }

  /** A host with one address; 0.0.0.0 for one that has none yet. */
  host(address: string): SimHost {
    return new SimHost(this, address)
  }

  transmit(from: Endpoint, to: Endpoint, data: Buffer): void {
    this.sent.push({ from, to, data })
    const { latencyMs, loss, duplication, reordering, jitterMs } = this.impairments
    const copies = this.#random() < duplication ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random() < loss) continue
      const delay = this.#random() < reordering ? this.#random() * jitterMs : 0
      this.clock.timer(latencyMs + delay, () => this.#deliver(from, to, data))
    }
  }

  #deliver(from: Endpoint, to: Endpoint, data: Buffer): void {
    const broadcast = to.address === '255.255.255.255' || to.address.endsWith('.255')
    const open = this.ports.filter(
      port => port.at.port === to.port && (!port.peer || sameEndpoint(port.peer, from)),
    )
    if (broadcast) {
      for (const port of open) if (port.at.address === '0.0.0.0') port.receive(Buffer.from(data), from)
      return
    }
    const candidates = open.filter(
      port => port.at.address === to.address || (port.at.address === '0.0.0.0' && port.host.owns(to.address)),
    )
    // As in a kernel, the socket with the most specific binding gets the datagram.
    const rank = (port: SimPort) => (port.peer ? 2 : 0) + (port.at.address === to.address ? 1 : 0)
    candidates.sort((a, b) => rank(b) - rank(a))
    candidates[0]?.receive(Buffer.from(data), from)
  }
}
