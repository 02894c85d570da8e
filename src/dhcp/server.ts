import { reason } from '../errors/errors.ts'
import { NO_ADDRESS } from '../net/ipv4.ts'
import type { Endpoint, UdpSocket } from '../net/net.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import { Authority } from './authority.ts'
import { chaddrOf, hardwareAddress, notOneMachine } from './hardware-address.ts'
import { type DhcpMessage, decode } from './message.ts'
import { formatMac } from './options/mac.ts'
import { assertNoOtherServer } from './other-server.ts'
import { OwnNetworks, type Stranger } from './own-networks.ts'
import { ProxyDhcp } from './proxy.ts'
import { DhcpResponder, type Exchange } from './responder.ts'
import type { DhcpServerOptions } from './server-options.ts'

export type { DhcpLab, DhcpServerOptions } from './server-options.ts'

/** Bytes, for hundreds of machines that boot at once; the default of 200 KB holds 166 packets. */
const RECEIVE_BUFFER = 4 << 20
const SEND_BUFFER = 1 << 20

/** Requests that are handled at a time; further ones are dropped, and their clients repeat them. */
const MAX_BUSY = 2048

/** Where a PXE client asks a boot server (PXE 2.1, section 2.2.3). */
const BOOT_SERVER_PORT = 4011

/** How long `stop` waits for replies under way. */
const STOP_MS = 2000

/** Least time (ms) between two complaints about one source. A network that is not served stays so: its clients go on. */
const MALFORMED_MS = 60_000
const STRANGER_MS = 3_600_000

type Handler = (exchange: Exchange) => Promise<void>

/** The DHCP service on one subnet, as the authority or as a proxy beside another server. */
export class DhcpServer {
  readonly #options: DhcpServerOptions
  readonly #responder: DhcpResponder
  readonly #networks: OwnNetworks
  readonly #warnings: WarningLimiter
  readonly #malformedWarnings: WarningLimiter
  readonly #strangerWarnings: WarningLimiter
  #authority: Authority | undefined
  #sockets: UdpSocket[] = []
  readonly #busy = new Set<Promise<void>>()

  constructor(options: DhcpServerOptions) {
    this.#options = options
    this.#responder = new DhcpResponder(options)
    this.#networks = new OwnNetworks(options.lab)
    this.#warnings = new WarningLimiter(options.clock)
    this.#malformedWarnings = new WarningLimiter(options.clock, MALFORMED_MS)
    this.#strangerWarnings = new WarningLimiter(options.clock, STRANGER_MS)
  }

  /** Packets by what became of them: `discover`, `ack`, `ignored`, `malformed`… */
  get counters(): Readonly<Record<string, number>> {
    return this.#responder.counters
  }

  /**
   * Listens on 0.0.0.0, for broadcasts, and on the lab address, which replies are sent from and renewals are
   * sent to. Rejects with BE_PORT_TAKEN, BE_PORT_PERMISSION or BE_ADDRESS_NOT_LOCAL, and with
   * BE_DHCP_OTHER_SERVER.
   */
  async start(): Promise<void> {
    const { mode, lab, refuseOtherServer, proxyPort = BOOT_SERVER_PORT } = this.#options
    try {
      if (mode === 'authority') {
        if (refuseOtherServer) {
          const { address } = lab
          await assertNoOtherServer({ ...this.#options, address, port: this.#responder.port })
        }
        const authority = new Authority(this.#responder)
        this.#authority = authority
        await this.#listenAsServer(exchange => authority.handle(exchange))
      } else {
        const proxy = new ProxyDhcp(this.#responder)
        await this.#listenAsServer(exchange => proxy.handle(exchange))
        await this.#listenAsBootServer(proxyPort, proxy)
      }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * Stops listening, and waits up to 2 s for requests that are being handled; their replies are not sent any more.
   */
  async stop(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.close()
    this.#authority?.stop()
    await new Promise<void>(done => {
      const timeout = this.#options.clock.timer(STOP_MS, done)
      void Promise.all(this.#busy).then(() => {
        timeout.cancel()
        done()
      })
    })
  }

  async #listenAsServer(handle: Handler): Promise<void> {
    const { port } = this.#responder
    await this.#listen(NO_ADDRESS, port, handle)
    const socket = await this.#listen(this.#options.lab.address, port, handle)
    this.#responder.transmit = (packet, to) => socket.send(packet, to)
  }

  /**
   * Firmware accepts this reply only from the port that it sent to. The port is opened without SO_REUSEADDR: with
   * another boot server there, each would receive requests that are meant for the other.
   */
  async #listenAsBootServer(port: number, proxy: ProxyDhcp): Promise<void> {
    const handle: Handler = exchange => {
      const replyToSender = (packet: Buffer) => socket.send(packet, exchange.from)
      return proxy.handleBootServer({ ...exchange, replyToSender })
    }
    const socket = await this.#listen(this.#options.lab.address, port, handle, false)
  }

  async #listen(address: string, port: number, handle: Handler, reuse = true): Promise<UdpSocket> {
    const socket = await this.#options.network.udp({
      address,
      interfaceOf: this.#options.lab.address,
      port,
      broadcast: true,
      reuse,
      receiveBuffer: RECEIVE_BUFFER,
      sendBuffer: SEND_BUFFER,
    })
    this.#sockets.push(socket)
    socket.onMessage((data, from) => this.#receive(data, from, handle))
    socket.onError(error => {
      if (!this.#warnings.allow(`socket ${reason(error)}`)) return
      const detail = { address, port, error: reason(error) }
      this.#options.emit({ event: 'dhcp:socket', level: 'error', detail })
    })
    socket.onDrop(({ to, why }) => this.#dropped(to?.address, why))
    return socket
  }

  #receive(data: Buffer, from: Endpoint, handle: Handler): void {
    if (this.#busy.size >= MAX_BUSY) {
      this.#dropped(from.address, 'too many requests at a time')
      return
    }
    const exchange = this.#read(data, from)
    if (exchange === undefined) return
    const work = handle(exchange).catch((error: unknown) => {
      // For example a plan that does not fit into a packet: this client gets no reply.
      this.#responder.report('failed', exchange, { level: 'error', detail: { error: reason(error) } })
    })
    this.#busy.add(work)
    void work.then(() => this.#busy.delete(work))
  }

  /** The request in a packet; undefined, and counted, when there is none. */
  #read(data: Buffer, from: Endpoint): Exchange | undefined {
    try {
      const message = decode(data)
      if (message.op !== 1) {
        this.#responder.count('ignored')
        return undefined
      }
      const why = notOneMachine(message)
      if (why !== undefined) return this.#malformed(data, from, why)
      const stranger = this.#networks.stranger(message, from.address)
      if (stranger !== undefined) return this.#refuse(message, stranger)
      return this.#responder.exchange(message, from)
    } catch (error) {
      return this.#malformed(data, from, reason(error))
    }
  }

  /** A request that is not answered, or a reply that is not sent, so that those of others are. */
  #dropped(ip: string | undefined, why: string): void {
    this.#responder.count('dropped')
    if (!this.#warnings.allow(`dropped ${why}`)) return
    const detail = { why, total: this.counters.dropped }
    this.#options.emit({ event: 'dhcp:dropped', level: 'warn', ip, detail })
  }

  /** Clients without an address all send from 0.0.0.0: those are told apart by their hardware address. */
  #malformed(data: Buffer, { address: from }: Endpoint, error: string): undefined {
    this.#responder.count('malformed')
    const chaddr = chaddrOf(data)
    if (!this.#malformedWarnings.allow(from === NO_ADDRESS ? chaddr : from)) return
    const detail = { from, chaddr: chaddr || undefined, error, total: this.counters.malformed }
    this.#options.emit({ event: 'dhcp:malformed', level: 'warn', detail })
  }

  /** Not answered, with a warning: such clients wait in vain until the relay agent or the configuration is changed. */
  #refuse(message: DhcpMessage, { event, source, detail }: Stranger): undefined {
    this.#responder.count(event)
    if (!this.#strangerWarnings.allow(`${event} ${source}`)) return
    const mac = formatMac(hardwareAddress(message))
    const total = this.counters[event]
    this.#options.emit({ event: `dhcp:${event}`, level: 'warn', mac, detail: { ...detail, total } })
  }
}
