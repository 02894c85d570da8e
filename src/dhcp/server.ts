import { reason } from '../errors/errors.ts'
import { NO_ADDRESS } from '../net/ipv4.ts'
import type { Endpoint, UdpSocket } from '../net/net.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import { Authority } from './authority.ts'
import { decode } from './message.ts'
import { assertNoOtherServer } from './other-server.ts'
import { ProxyDhcp } from './proxy.ts'
import { DhcpResponder, type Exchange } from './responder.ts'
import type { DhcpServerOptions } from './server-options.ts'

export type { DhcpLab, DhcpServerOptions } from './server-options.ts'

/** A boot storm's packets wait here while the event loop is busy; the usual default held 166. */
const RECEIVE_BUFFER = 4 << 20

/** The PXE boot server port (PXE 2.1, section 2.2.3). */
const BOOT_SERVER_PORT = 4011

const STOP_MS = 2000

type Handler = (query: Exchange) => Promise<void>

/** The DHCP service on one subnet, as the authority or as a proxy beside another server. */
export class DhcpServer {
  readonly #options: DhcpServerOptions
  readonly #desk: DhcpResponder
  readonly #complaints: WarningLimiter
  #authority: Authority | undefined
  #sockets: UdpSocket[] = []
  readonly #busy = new Set<Promise<void>>()

  constructor(options: DhcpServerOptions) {
    this.#options = options
    this.#desk = new DhcpResponder(options)
    this.#complaints = new WarningLimiter(options.clock)
  }

  /** Packets by what became of them: `discover`, `ack`, `ignored`, `malformed`… */
  get counters(): Readonly<Record<string, number>> {
    return this.#desk.counters
  }

  /**
   * Listens on 0.0.0.0, where broadcasts arrive, and on the lab address, which replies leave from and
   * renewals come to. Rejects with BE_PORT_TAKEN, BE_PORT_PERMISSION or BE_ADDRESS_NOT_LOCAL, and with
   * BE_DHCP_OTHER_SERVER.
   */
  async start(): Promise<void> {
    const { mode, lab, refuseOtherServer: lookFirst, proxyPort = BOOT_SERVER_PORT } = this.#options
    try {
      if (mode === 'authority') {
        if (lookFirst) {
          const { address } = lab
          await assertNoOtherServer({ ...this.#options, address, port: this.#desk.port })
        }
        const authority = new Authority(this.#desk)
        this.#authority = authority
        await this.#listen(NO_ADDRESS, this.#desk.port, query => authority.handle(query))
        await this.#replyFrom(lab.address, this.#desk.port, query => authority.handle(query))
      } else {
        const proxy = new ProxyDhcp(this.#desk)
        await this.#listen(NO_ADDRESS, this.#desk.port, query => proxy.handle(query))
        await this.#replyFrom(lab.address, this.#desk.port, query => proxy.handle(query))
        await this.#bootServer(lab.address, proxyPort, proxy)
      }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * Stops listening and waits for answers under way, which are not sent any more; for a plan that hangs,
   * 2 s at most.
   */
  async stop(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) socket.close()
    this.#authority?.stop()
    await new Promise<void>(done => {
      const patience = this.#options.clock.timer(STOP_MS, done)
      void Promise.all(this.#busy).then(() => {
        patience.cancel()
        done()
      })
    })
  }

  async #replyFrom(address: string, port: number, handle: Handler): Promise<void> {
    const socket = await this.#listen(address, port, handle)
    this.#desk.transmit = (packet, to) => socket.send(packet, to)
  }

  /**
   * Firmware takes this answer only from the port that it asked. The port is shared with nobody: another boot
   * server there would get what is meant for us, or we what is meant for it.
   */
  async #bootServer(address: string, port: number, proxy: ProxyDhcp): Promise<void> {
    const handle: Handler = query => {
      const answer = (packet: Buffer) => socket.send(packet, query.from)
      return proxy.handleBootServer({ ...query, answer })
    }
    const socket = await this.#listen(address, port, handle, false)
  }

  async #listen(address: string, port: number, handle: Handler, reuse = true): Promise<UdpSocket> {
    const socket = await this.#options.network.udp({
      address,
      interfaceOf: this.#options.lab.address,
      port,
      broadcast: true,
      reuse,
      receiveBuffer: RECEIVE_BUFFER,
    })
    this.#sockets.push(socket)
    socket.onMessage((data, from) => this.#receive(data, from, handle))
    socket.onError(error => {
      const detail = { address, port, error: reason(error) }
      this.#options.emit({ event: 'dhcp:socket', level: 'error', detail })
    })
    return socket
  }

  #receive(data: Buffer, from: Endpoint, handle: Handler): void {
    const query = this.#read(data, from)
    if (query === undefined) return
    const work = handle(query).catch((error: unknown) => {
      // A plan that cannot be put into a packet; this client gets no answer, the others do.
      this.#desk.report('failed', query, { level: 'error', detail: { error: reason(error) } })
    })
    this.#busy.add(work)
    void work.then(() => this.#busy.delete(work))
  }

  /** The request in a packet; undefined when it holds none, which is counted. */
  #read(data: Buffer, from: Endpoint): Exchange | undefined {
    try {
      const message = decode(data)
      if (message.op !== 1) this.#desk.count('ignored')
      else if (!isUnicast(message.chaddr)) this.#malformed(from, 'no hardware address of one machine')
      else return this.#desk.exchange(message, from)
    } catch (error) {
      this.#malformed(from, reason(error))
    }
    return undefined
  }

  #malformed(from: Endpoint, error: string): void {
    this.#desk.count('malformed')
    if (!this.#complaints.allow(from.address)) return
    const detail = { from: from.address, error, total: this.counters.malformed }
    this.#options.emit({ event: 'dhcp:malformed', level: 'warn', detail })
  }
}

/** A hardware address of one machine: neither empty, nor zero, nor a group's. */
const isUnicast = (address: Buffer): boolean =>
  address.length > 0 && (address[0]! & 1) === 0 && address.some(byte => byte !== 0)
