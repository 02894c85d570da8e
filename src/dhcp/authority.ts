import { reason } from '../errors/errors.ts'
import { toNumber } from '../net/ipv4.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import { AddressProbes } from './address-probe.ts'
import { addressOption, messageType } from './message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from './options/codes.ts'
import { PlanCache } from './plan-cache.ts'
import { serverOverride } from './relay-agent.ts'
import { buildReply, informingAddress, type ReplyParts } from './reply.ts'
import { isFreeBsdLoader } from './request-fields.ts'
import { responseToRequest } from './request-response.ts'
import type { DhcpResponder, Exchange } from './responder.ts'
import { type Scope, Scopes } from './scope.ts'

/** Shortest lease (s) of a BOOTP client: it gets no lease time and never renews (RFC 1534, section 2). */
const BOOTP_SECONDS = 86_400

/** Least time (ms) between warnings of one other server: each client's packets show it anew. */
const WARNING_INTERVAL_MS = 60_000

/** A request whose network is known. */
interface ScopedExchange extends Exchange {
  scope: Scope
  /** This server's address towards the client: option 54. */
  server: string
}

/** The DHCP server of the lab and of the networks behind its relay agents: gives addresses and boot answers. */
export class Authority {
  readonly #responder: DhcpResponder
  readonly #scopes: Scopes
  readonly #plans: PlanCache
  readonly #warnings: WarningLimiter
  readonly #probes: AddressProbes | undefined

  constructor(responder: DhcpResponder) {
    const { network, lab, clock, probe, isKnown } = responder.options
    this.#responder = responder
    this.#scopes = new Scopes(lab, responder.options)
    const withoutBoot = (ip = lab.address) => this.#scopes.withAddress(ip)?.withoutBoot
    this.#plans = new PlanCache((client, ip) => responder.plan(client, ip, withoutBoot(ip)), clock, isKnown)
    this.#warnings = new WarningLimiter(clock, WARNING_INTERVAL_MS)
    if (probe) this.#probes = new AddressProbes({ network, clock, from: lab.address })
  }

  stop(): void {
    this.#probes?.stop()
  }

  async handle(received: Exchange): Promise<void> {
    const { message } = received
    const scope = this.#scopes.forMessage(message)
    const server = serverOverride(message) ?? this.#responder.options.lab.address
    const exchange: ScopedExchange = { ...received, scope, server }
    switch (messageType(message)) {
      case 0:
        return this.#bootp(exchange)
      case MESSAGE_TYPE.discover:
        return this.#discover(exchange)
      case MESSAGE_TYPE.request:
        return this.#request(exchange)
      case MESSAGE_TYPE.decline:
        return this.#decline(exchange)
      case MESSAGE_TYPE.release:
        return this.#release(exchange)
      case MESSAGE_TYPE.inform:
        return this.#inform(exchange)
      default:
        return this.#ignore(exchange, `message type ${messageType(message)}`)
    }
  }

  async #discover(exchange: ScopedExchange): Promise<void> {
    this.#responder.reportRequest('discover', exchange)
    const { client, scope } = exchange
    const ip = this.#offer(exchange)
    if (ip === undefined) return
    const plan = await this.#plans.forDiscover(client, ip)
    if (plan === undefined) return scope.pool.withdraw(client.mac)
    this.#reply(exchange, { type: MESSAGE_TYPE.offer, yiaddr: ip, plan })
    this.#probe(exchange, ip)
  }

  /** An address that is new to this client may be in use by a host that does not use DHCP. */
  #probe(exchange: ScopedExchange, ip: string): void {
    const { mac } = exchange.client
    if (this.#responder.options.leases.byMac(mac)?.ip === ip) return
    this.#probes?.start(mac, ip, () => {
      const why = 'another host answers there'
      this.#responder.report('conflict', exchange, { level: 'warn', ip, detail: { why } })
      exchange.scope.pool.decline(mac, ip).catch((error: unknown) => this.#leaseFailed(exchange, ip, error))
    })
  }

  /** Holds an address for this client; undefined, with an event, when none is free. */
  #offer(exchange: ScopedExchange): string | undefined {
    const { message, client, scope } = exchange
    const ip = scope.pool.offer(client.mac, addressOption(message, OPTION.requestedAddress))
    if (ip === undefined) this.#poolFull(exchange)
    else scope.hadRoom()
    return ip
  }

  #poolFull(exchange: ScopedExchange): void {
    const { scope } = exchange
    if (scope.nowFull(this.#responder.options.clock.monotonic())) {
      this.#responder.report('pool-full', exchange, { level: 'error', detail: { pool: scope.range } })
    } else this.#ignore(exchange, 'no address is free')
  }

  async #request(exchange: ScopedExchange): Promise<void> {
    const { message, client, scope } = exchange
    this.#responder.reportRequest('request', exchange)
    this.#probes?.cancel(client.mac)
    const server = addressOption(message, OPTION.serverId)
    if (server !== undefined && server !== exchange.server) {
      scope.pool.withdraw(client.mac)
      return this.#selectedOther(exchange, server)
    }
    const response = responseToRequest(message, client.mac, scope.pool)
    if (response.act === 'ack') return this.#acknowledge(exchange, response.ip)
    if (response.act === 'nak') return this.#refuse(exchange, response.why)
    return this.#ignore(exchange, response.why)
  }

  /** The client selected another server's offer; this server expects to be the only one on its networks. */
  #selectedOther(exchange: ScopedExchange, server: string): void {
    const detail = { server }
    if (this.#warnings.allow(server))
      this.#responder.report('other-server', exchange, { level: 'warn', detail })
    else this.#ignore(exchange, `it took the offer of ${server}`)
  }

  async #acknowledge(exchange: ScopedExchange, ip: string): Promise<void> {
    const plan = await this.#plans.forRequest(exchange.client, ip)
    if (plan === undefined) return
    if (!(await this.#bind(exchange, ip, this.#responder.options.lab.leaseSeconds))) return
    this.#plans.acknowledged(exchange.client.mac)
    this.#reply(exchange, { type: MESSAGE_TYPE.ack, yiaddr: ip, plan })
  }

  /** Resolves when the lease is on disk, before the client gets its ACK. False: there is no lease, and no answer. */
  async #bind(exchange: ScopedExchange, ip: string, seconds: number): Promise<boolean> {
    const { client, scope } = exchange
    const claim = scope.pool.claim(client.mac, ip)
    // Another machine may have got the address while the plan was made.
    if (claim !== 'mine' && claim !== 'free' && claim !== 'lost') {
      this.#ignore(exchange, `${ip} was given to another machine meanwhile`)
      return false
    }
    try {
      await scope.pool.bind(client.mac, ip, seconds)
      return true
    } catch (error) {
      this.#leaseFailed(exchange, ip, error)
      return false
    }
  }

  /** Sends a NAK; not to FreeBSD's loader, which ignores it and goes on with its address. */
  #refuse(exchange: ScopedExchange, why: string): void {
    if (isFreeBsdLoader(exchange.client)) {
      this.#ignore(exchange, why)
      return
    }
    const { message, server } = exchange
    const text: DhcpOption = [OPTION.message, Buffer.from(why, 'latin1')]
    const nak = buildReply(message, { type: MESSAGE_TYPE.nak, server, plan: { options: [text] } })
    this.#responder.send(exchange, nak)
  }

  async #decline(exchange: ScopedExchange): Promise<void> {
    const ip = addressOption(exchange.message, OPTION.requestedAddress)
    await this.#giveUp(exchange, 'decline', ip)
  }

  async #release(exchange: ScopedExchange): Promise<void> {
    await this.#giveUp(exchange, 'release', exchange.message.ciaddr)
  }

  async #giveUp(
    exchange: ScopedExchange,
    what: 'decline' | 'release',
    ip: string | undefined,
  ): Promise<void> {
    const { message, client, scope } = exchange
    const server = addressOption(message, OPTION.serverId)
    if (server !== undefined && server !== exchange.server) {
      return this.#ignore(exchange, `meant for ${server}`)
    }
    try {
      const own = ip !== undefined && (await scope.pool[what](client.mac, ip))
      if (!own) return this.#ignore(exchange, `${what} of ${ip}, which it does not have`)
      this.#responder.report(what, exchange, { ip, level: what === 'decline' ? 'warn' : 'info' })
    } catch (error) {
      this.#leaseFailed(exchange, ip, error)
    }
  }

  /** Parameters for a host that has an address: no lease time, no yiaddr (RFC 2131, section 4.3.5). */
  async #inform(exchange: ScopedExchange): Promise<void> {
    const { message, client, server } = exchange
    this.#responder.reportRequest('inform', exchange)
    const ip = informingAddress(exchange)
    const scope = ip === undefined ? undefined : this.#scopes.withAddress(ip)
    if (ip === undefined || !scope?.subnet.hasHost(toNumber(ip)))
      return this.#ignore(exchange, `its address ${ip ?? ''} is not one of these networks`)
    // Not out of the cache: its plans are for addresses that the machine was given.
    const plan = await this.#responder.plan(client, ip, scope.withoutBoot, true)
    if (plan === undefined) return
    this.#responder.send(exchange, buildReply(message, { type: MESSAGE_TYPE.ack, server, plan }))
  }

  async #bootp(exchange: ScopedExchange): Promise<void> {
    const { message, client, scope, server } = exchange
    const ip = this.#offer(exchange)
    if (ip === undefined) return
    const plan = await this.#plans.forDiscover(client, ip)
    if (plan === undefined) return scope.pool.withdraw(client.mac)
    const seconds = Math.max(this.#responder.options.lab.leaseSeconds, BOOTP_SECONDS)
    if (!(await this.#bind(exchange, ip, seconds))) return
    this.#responder.send(exchange, buildReply(message, { server, yiaddr: ip, plan }))
  }

  /** Sends an OFFER or an ACK, with the lease time. */
  #reply(exchange: ScopedExchange, parts: Omit<ReplyParts, 'server'>): void {
    const { leaseSeconds } = this.#responder.options.lab
    const { message, server } = exchange
    this.#responder.send(exchange, buildReply(message, { server, leaseSeconds, ...parts }))
  }

  #leaseFailed(exchange: Exchange, ip: string | undefined, error: unknown): void {
    this.#responder.report('lease-failed', exchange, { level: 'error', ip, detail: { error: reason(error) } })
  }

  #ignore(exchange: Exchange, why: string): void {
    this.#responder.report('ignored', exchange, { level: 'debug', detail: { why } })
  }
}
