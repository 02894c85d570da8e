import type { DhcpReply } from '../boot/client.ts'
import { reason } from '../errors.ts'
import { addressBytes, NO_ADDRESS, Subnet, toNumber, toText } from './address.ts'
import type { Desk, Query } from './desk.ts'
import { addressOption, messageType } from './message.ts'
import { type DhcpOption, OPTION, TYPE } from './options.ts'
import { Plans } from './plans.ts'
import { Pool } from './pool.ts'
import { buildReply, type ReplyParts } from './reply.ts'
import { isFreeBsdLoader } from './traits.ts'

/** BOOTP has no lease time: such a client never asks again while it runs (RFC 1534, section 2). */
const BOOTP_SECONDS = 86_400

const FULL_EVERY_MS = 60_000

/** How a REQUEST came to be (RFC 2131, section 4.3.2). */
type RequestState = 'selecting' | 'init-reboot' | 'renewing'

/** The lab's DHCP server: gives addresses and boot answers. */
export class Authority {
  readonly #desk: Desk
  readonly #pool: Pool
  readonly #plans: Plans
  readonly #subnet: Subnet
  #full = false
  #saidFull = Number.NEGATIVE_INFINITY

  constructor(desk: Desk) {
    const { lab, leases, clock, reservation, reservedFor } = desk.options
    this.#desk = desk
    this.#subnet = new Subnet(lab.address, lab.netmask)
    this.#pool = new Pool({
      book: leases,
      subnet: this.#subnet,
      range: lab.pool,
      excluded: lab.router === undefined ? [lab.address] : [lab.address, lab.router],
      reservation,
      reservedFor,
    })
    const fallback = this.#withoutBoot()
    this.#plans = new Plans((client, ip) => desk.decide(client, ip, fallback), clock)
  }

  async handle(query: Query): Promise<void> {
    const { giaddr } = query.message
    if (giaddr !== NO_ADDRESS && !this.#subnet.hasHost(toNumber(giaddr))) {
      return this.#ignore(query, `relay agent ${giaddr} is on another network`)
    }
    switch (messageType(query.message)) {
      case 0:
        return this.#bootp(query)
      case TYPE.discover:
        return this.#discover(query)
      case TYPE.request:
        return this.#request(query)
      case TYPE.decline:
        return this.#decline(query)
      case TYPE.release:
        return this.#release(query)
      case TYPE.inform:
        return this.#inform(query)
      default:
        return this.#ignore(query, `message type ${messageType(query.message)}`)
    }
  }

  async #discover(query: Query): Promise<void> {
    this.#desk.tell('discover', query, { detail: this.#desk.asked(query) })
    const { mac } = query.client
    const ip = this.#offer(query)
    if (ip === undefined) return
    const plan = await this.#plans.prepare(query.client, ip)
    if (plan === undefined) return this.#pool.withdraw(mac)
    this.#desk.send(query, this.#reply(query, { type: TYPE.offer, yiaddr: ip, plan }))
  }

  /** An address for this client, held. */
  #offer(query: Query): string | undefined {
    const ip = this.#pool.offer(query.client.mac, addressOption(query.message, OPTION.requestedAddress))
    if (ip === undefined) this.#sayFull(query)
    else this.#full = false
    return ip
  }

  /** A full pool is reported once, again after it had room, and never twice in a minute. */
  #sayFull(query: Query): void {
    const { clock, lab } = this.#desk.options
    const quiet = this.#full || clock.monotonic() - this.#saidFull < FULL_EVERY_MS
    this.#full = true
    if (quiet) {
      this.#ignore(query, 'no address is free')
      return
    }
    this.#saidFull = clock.monotonic()
    const detail = lab.pool
      ? { pool: lab.pool.join('-') }
      : { pool: 'none: only machines with a fixed address' }
    this.#desk.tell('pool-full', query, { level: 'error', detail })
  }

  async #request(query: Query): Promise<void> {
    const { message, client } = query
    this.#desk.tell('request', query, { detail: this.#desk.asked(query) })
    const server = addressOption(message, OPTION.serverId)
    if (server !== undefined && server !== this.#desk.options.lab.address) {
      this.#pool.withdraw(client.mac)
      return this.#ignore(query, `it took the offer of ${server}`)
    }
    const { ip, state } = this.#claimed(query, server !== undefined)
    if (ip === undefined) return this.#ignore(query, 'neither option 50 nor ciaddr nor an offer')
    const verdict = this.#judge(client.mac, ip, state)
    if (verdict === 'ack') return this.#acknowledge(query, ip)
    if (verdict.startsWith('nak ')) return this.#refuse(query, verdict.slice(4))
    return this.#ignore(query, verdict)
  }

  /** The address that a REQUEST is about, and at what point of its life the client is. */
  #claimed({ message, client }: Query, selecting: boolean): { ip: string | undefined; state: RequestState } {
    const requested = addressOption(message, OPTION.requestedAddress)
    const ciaddr = message.ciaddr === NO_ADDRESS ? undefined : message.ciaddr
    if (selecting) return { ip: requested ?? ciaddr, state: 'selecting' }
    if (ciaddr !== undefined) return { ip: ciaddr, state: 'renewing' }
    if (requested !== undefined) return { ip: requested, state: 'init-reboot' }
    // Careless clients name neither address nor server: it can only be the offer that they got.
    return { ip: this.#pool.offered(client.mac), state: 'selecting' }
  }

  /** `ack`, `nak WHY`, or why to keep silent. */
  #judge(mac: string, ip: string, state: RequestState): string {
    const claim = this.#pool.claim(mac, ip)
    if (state === 'selecting') {
      // Free also: the offer has lapsed, or this server was started anew since.
      return claim === 'mine' || claim === 'free' ? 'ack' : `nak ${ip} is not available`
    }
    if (state === 'renewing') {
      if (claim === 'foreign') return `${ip} is on another network`
      // A machine that runs from NFS dies with its address: a lease that was lost here lives on.
      return claim === 'taken' ? `nak ${ip} belongs to another machine` : 'ack'
    }
    if (claim === 'foreign') return `nak ${ip} is wrong for this network`
    const preferred = this.#pool.preferred(mac)
    // RFC 2131: with no record of the client the server MUST remain silent.
    if (preferred === undefined) return `no lease of ${mac} is known`
    return preferred === ip ? 'ack' : `nak its address is ${preferred}`
  }

  async #acknowledge(query: Query, ip: string): Promise<void> {
    const plan = await this.#plans.ready(query.client, ip)
    if (plan === undefined) return
    if (!(await this.#bind(query, ip, this.#desk.options.lab.leaseSeconds))) return
    this.#plans.acknowledged(query.client.mac)
    this.#desk.send(query, this.#reply(query, { type: TYPE.ack, yiaddr: ip, plan }))
  }

  /** The lease is on disk before any client hears of it. False: it could not be written, no answer. */
  async #bind(query: Query, ip: string, seconds: number): Promise<boolean> {
    const claim = this.#pool.claim(query.client.mac, ip)
    // While the plan was made, another machine may have got the address.
    if (claim === 'taken' || claim === 'foreign') {
      this.#ignore(query, `${ip} was given to another machine meanwhile`)
      return false
    }
    try {
      await this.#pool.bind(query.client.mac, ip, seconds)
      return true
    } catch (error) {
      this.#desk.tell('lease-failed', query, { level: 'error', ip, detail: { error: reason(error) } })
      return false
    }
  }

  /** FreeBSD's loader ignores a NAK and goes on with the lease that it thinks it has. */
  #refuse(query: Query, why: string): void {
    if (isFreeBsdLoader(query.client)) {
      this.#ignore(query, why)
      return
    }
    const text: DhcpOption = [OPTION.message, Buffer.from(why, 'latin1')]
    const { address: server } = this.#desk.options.lab
    this.#desk.send(query, buildReply(query.message, { type: TYPE.nak, server, plan: { options: [text] } }))
  }

  async #decline(query: Query): Promise<void> {
    const ip = addressOption(query.message, OPTION.requestedAddress)
    await this.#giveUp(query, 'decline', ip, () => this.#pool.decline(query.client.mac, ip!))
  }

  async #release(query: Query): Promise<void> {
    const ip = query.message.ciaddr
    await this.#giveUp(query, 'release', ip, () => this.#pool.release(query.client.mac, ip))
  }

  async #giveUp(
    query: Query,
    what: string,
    ip: string | undefined,
    run: () => Promise<boolean>,
  ): Promise<void> {
    const server = addressOption(query.message, OPTION.serverId)
    if (server !== undefined && server !== this.#desk.options.lab.address)
      return this.#ignore(query, `meant for ${server}`)
    try {
      if (ip === undefined || !(await run()))
        return this.#ignore(query, `${what} of ${ip}, which it does not have`)
      this.#desk.tell(what, query, { ip, level: what === 'decline' ? 'warn' : 'info' })
    } catch (error) {
      this.#desk.tell('lease-failed', query, { level: 'error', ip, detail: { error: reason(error) } })
    }
  }

  /** RFC 2131, section 4.3.5: settings for a host that has its address; no lease, no yiaddr. */
  async #inform(query: Query): Promise<void> {
    const { message, client, from } = query
    this.#desk.tell('inform', query, { detail: this.#desk.asked(query) })
    const ip = message.ciaddr === NO_ADDRESS ? from.address : message.ciaddr
    if (!this.#subnet.hasHost(toNumber(ip))) return this.#ignore(query, `${ip} is on another network`)
    const plan = await this.#plans.ready(client, ip)
    if (plan === undefined) return
    const { address: server } = this.#desk.options.lab
    this.#desk.send(query, buildReply(message, { type: TYPE.ack, server, plan }))
  }

  async #bootp(query: Query): Promise<void> {
    const ip = this.#offer(query)
    if (ip === undefined) return
    const plan = await this.#plans.prepare(query.client, ip)
    if (plan === undefined) return this.#pool.withdraw(query.client.mac)
    const seconds = Math.max(this.#desk.options.lab.leaseSeconds, BOOTP_SECONDS)
    if (!(await this.#bind(query, ip, seconds))) return
    this.#desk.send(
      query,
      buildReply(query.message, { server: this.#desk.options.lab.address, yiaddr: ip, plan }),
    )
  }

  #reply(query: Query, parts: Omit<ReplyParts, 'server'>) {
    const { address: server, leaseSeconds } = this.#desk.options.lab
    return buildReply(query.message, { server, leaseSeconds, ...parts })
  }

  #ignore(query: Query, why: string): void {
    this.#desk.tell('ignored', query, { level: 'debug', detail: { why } })
  }

  /** For a machine that cannot boot from here: enough to use the network and go on to its disk. */
  #withoutBoot(): DhcpReply {
    const { netmask, router } = this.#desk.options.lab
    const options: DhcpOption[] = [[OPTION.subnetMask, addressBytes(netmask)]]
    if (router !== undefined) options.push([OPTION.routers, addressBytes(router)])
    options.push([OPTION.broadcast, addressBytes(toText(this.#subnet.broadcast))])
    return { options }
  }
}
