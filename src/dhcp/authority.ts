import { reason } from '../errors/errors.ts'
import { NO_ADDRESS, toNumber } from '../net/ipv4.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import { AddressProbes } from './address-probe.ts'
import { addressOption, messageType } from './message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from './options/codes.ts'
import { PlanCache } from './plan-cache.ts'
import { linkSelection, serverOverride } from './relay-agent.ts'
import { buildReply, type ReplyParts } from './reply.ts'
import { isFreeBsdLoader } from './request-fields.ts'
import { responseToRequest } from './request-response.ts'
import type { DhcpResponder, Exchange } from './responder.ts'
import { type Scope, Scopes } from './scope.ts'

/** BOOTP has no lease time: such a client never asks again while it runs (RFC 1534, section 2). */
const BOOTP_SECONDS = 86_400

/** An unknown relay agent, or another DHCP server, shows with every client: it is said this often. */
const STRANGER_EVERY_MS = 60_000

/** A request, and the network that its client is on. */
interface Case extends Exchange {
  scope: Scope
  /** What the client takes for this server's address: option 54. */
  server: string
}

/** The DHCP server of the lab and of the networks behind its relay agents: gives addresses and boot answers. */
export class Authority {
  readonly #desk: DhcpResponder
  readonly #scopes: Scopes
  readonly #plans: PlanCache
  readonly #strangers: WarningLimiter
  readonly #probes: AddressProbes | undefined

  constructor(desk: DhcpResponder) {
    const { network, lab, leases: book, clock, probe, reservation, reservedFor } = desk.options
    this.#desk = desk
    this.#scopes = new Scopes(lab, { book, reservation, reservedFor })
    const withoutBoot = (ip = lab.address) => this.#scopes.withAddress(ip)?.withoutBoot
    this.#plans = new PlanCache((client, ip) => desk.plan(client, ip, withoutBoot(ip)), clock)
    this.#strangers = new WarningLimiter(clock, STRANGER_EVERY_MS)
    if (probe) this.#probes = new AddressProbes({ network, clock, from: lab.address })
  }

  stop(): void {
    this.#probes?.stop()
  }

  async handle(query: Exchange): Promise<void> {
    const scope = this.#scopes.forMessage(query.message)
    if (scope === undefined) return this.#unknownRelay(query)
    const server = serverOverride(query.message) ?? this.#desk.options.lab.address
    const one: Case = { ...query, scope, server }
    switch (messageType(query.message)) {
      case 0:
        return this.#bootp(one)
      case MESSAGE_TYPE.discover:
        return this.#discover(one)
      case MESSAGE_TYPE.request:
        return this.#request(one)
      case MESSAGE_TYPE.decline:
        return this.#decline(one)
      case MESSAGE_TYPE.release:
        return this.#release(one)
      case MESSAGE_TYPE.inform:
        return this.#inform(one)
      default:
        return this.#ignore(query, `message type ${messageType(query.message)}`)
    }
  }

  /** Silence, said once: its clients wait in vain for whoever set the relay agent up. */
  #unknownRelay(query: Exchange): void {
    const { giaddr } = query.message
    const detail = { giaddr, link: linkSelection(query.message) }
    if (this.#strangers.allow(giaddr)) this.#desk.report('relay-unknown', query, { level: 'warn', detail })
    else this.#ignore(query, `relay agent ${giaddr} is not known`)
  }

  async #discover(query: Case): Promise<void> {
    this.#desk.report('discover', query, { detail: this.#desk.describeRequest(query) })
    const { mac } = query.client
    const ip = this.#offer(query)
    if (ip === undefined) return
    const plan = await this.#plans.forDiscover(query.client, ip)
    if (plan === undefined) return query.scope.pool.withdraw(mac)
    this.#desk.send(query, this.#reply(query, { type: MESSAGE_TYPE.offer, yiaddr: ip, plan }))
    this.#probe(query, ip)
  }

  /** An address that this client did not have may be in use by a host that never asked for one. */
  #probe(query: Case, ip: string): void {
    const { mac } = query.client
    if (this.#desk.options.leases.byMac(mac)?.ip === ip) return
    this.#probes?.start(mac, ip, () => {
      const why = 'another host answers there'
      this.#desk.report('conflict', query, { level: 'warn', ip, detail: { why } })
      query.scope.pool.decline(mac, ip).catch((error: unknown) => {
        this.#desk.report('lease-failed', query, { level: 'error', ip, detail: { error: reason(error) } })
      })
    })
  }

  /** An address for this client, held. */
  #offer(query: Case): string | undefined {
    const ip = query.scope.pool.offer(query.client.mac, addressOption(query.message, OPTION.requestedAddress))
    if (ip === undefined) this.#sayFull(query)
    else query.scope.hadRoom()
    return ip
  }

  #sayFull(query: Case): void {
    if (query.scope.nowFull(this.#desk.options.clock.monotonic())) {
      this.#desk.report('pool-full', query, { level: 'error', detail: { pool: query.scope.range } })
    } else this.#ignore(query, 'no address is free')
  }

  async #request(query: Case): Promise<void> {
    const { message, client } = query
    this.#desk.report('request', query, { detail: this.#desk.describeRequest(query) })
    this.#probes?.cancel(client.mac)
    const server = addressOption(message, OPTION.serverId)
    if (server !== undefined && server !== query.server) {
      query.scope.pool.withdraw(client.mac)
      return this.#tookOther(query, server)
    }
    const verdict = responseToRequest(message, client.mac, query.scope.pool)
    if (verdict.act === 'ack') return this.#acknowledge(query, verdict.ip)
    if (verdict.act === 'nak') return this.#refuse(query, verdict.why)
    return this.#ignore(query, verdict.why)
  }

  /** Another server on a network where this one is the authority is somebody's mistake. */
  #tookOther(query: Case, server: string): void {
    const detail = { server }
    if (this.#strangers.allow(server)) this.#desk.report('other-server', query, { level: 'warn', detail })
    else this.#ignore(query, `it took the offer of ${server}`)
  }

  async #acknowledge(query: Case, ip: string): Promise<void> {
    const plan = await this.#plans.forRequest(query.client, ip)
    if (plan === undefined) return
    if (!(await this.#bind(query, ip, this.#desk.options.lab.leaseSeconds))) return
    this.#plans.acknowledged(query.client.mac)
    this.#desk.send(query, this.#reply(query, { type: MESSAGE_TYPE.ack, yiaddr: ip, plan }))
  }

  /** The lease is on disk before any client hears of it. False: it could not be written, no answer. */
  async #bind(query: Case, ip: string, seconds: number): Promise<boolean> {
    const claim = query.scope.pool.claim(query.client.mac, ip)
    // While the plan was made, another machine may have got the address.
    if (claim !== 'mine' && claim !== 'free') {
      this.#ignore(query, `${ip} was given to another machine meanwhile`)
      return false
    }
    try {
      await query.scope.pool.bind(query.client.mac, ip, seconds)
      return true
    } catch (error) {
      this.#desk.report('lease-failed', query, { level: 'error', ip, detail: { error: reason(error) } })
      return false
    }
  }

  /** FreeBSD's loader ignores a NAK and goes on with the lease that it thinks it has. */
  #refuse(query: Case, why: string): void {
    if (isFreeBsdLoader(query.client)) {
      this.#ignore(query, why)
      return
    }
    const text: DhcpOption = [OPTION.message, Buffer.from(why, 'latin1')]
    const { server } = query
    this.#desk.send(
      query,
      buildReply(query.message, { type: MESSAGE_TYPE.nak, server, plan: { options: [text] } }),
    )
  }

  async #decline(query: Case): Promise<void> {
    const ip = addressOption(query.message, OPTION.requestedAddress)
    await this.#giveUp(query, 'decline', ip, () => query.scope.pool.decline(query.client.mac, ip!))
  }

  async #release(query: Case): Promise<void> {
    const ip = query.message.ciaddr
    await this.#giveUp(query, 'release', ip, () => query.scope.pool.release(query.client.mac, ip))
  }

  async #giveUp(
    query: Case,
    what: string,
    ip: string | undefined,
    run: () => Promise<boolean>,
  ): Promise<void> {
    const server = addressOption(query.message, OPTION.serverId)
    if (server !== undefined && server !== query.server) {
      return this.#ignore(query, `meant for ${server}`)
    }
    try {
      const own = ip !== undefined && (await run())
      if (!own) return this.#ignore(query, `${what} of ${ip}, which it does not have`)
      this.#desk.report(what, query, { ip, level: what === 'decline' ? 'warn' : 'info' })
    } catch (error) {
      this.#desk.report('lease-failed', query, { level: 'error', ip, detail: { error: reason(error) } })
    }
  }

  /** RFC 2131, section 4.3.5: settings for a host that has its address; no lease, no yiaddr. */
  async #inform(query: Case): Promise<void> {
    const { message, client, from } = query
    this.#desk.report('inform', query, { detail: this.#desk.describeRequest(query) })
    const ip = message.ciaddr === NO_ADDRESS ? from.address : message.ciaddr
    if (!this.#scopes.withAddress(ip)?.subnet.hasHost(toNumber(ip)))
      return this.#ignore(query, `${ip} is on another network`)
    const plan = await this.#plans.forRequest(client, ip)
    if (plan === undefined) return
    this.#desk.send(query, buildReply(message, { type: MESSAGE_TYPE.ack, server: query.server, plan }))
  }

  async #bootp(query: Case): Promise<void> {
    const ip = this.#offer(query)
    if (ip === undefined) return
    const plan = await this.#plans.forDiscover(query.client, ip)
    if (plan === undefined) return query.scope.pool.withdraw(query.client.mac)
    const seconds = Math.max(this.#desk.options.lab.leaseSeconds, BOOTP_SECONDS)
    if (!(await this.#bind(query, ip, seconds))) return
    this.#desk.send(query, buildReply(query.message, { server: query.server, yiaddr: ip, plan }))
  }

  #reply(query: Case, parts: Omit<ReplyParts, 'server'>) {
    const { leaseSeconds } = this.#desk.options.lab
    return buildReply(query.message, { server: query.server, leaseSeconds, ...parts })
  }

  #ignore(query: Exchange, why: string): void {
    this.#desk.report('ignored', query, { level: 'debug', detail: { why } })
  }
}
