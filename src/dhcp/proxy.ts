import type { DhcpReply } from '../boot/dhcp.ts'
import { BOOT_SERVER_TYPE, bootItemOptions, PXE_TAG } from '../boot/options/pxe.ts'
import { NO_ADDRESS } from '../net/ipv4.ts'
import { addressOption, type DhcpMessage, messageType, option } from './message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from './options/codes.ts'
import { subOption } from './options/sub-options.ts'
import { PlanCache } from './plan-cache.ts'
import { buildReply } from './reply.ts'
import { isNetworkFirmware } from './request-fields.ts'
import type { DhcpResponder, Exchange } from './responder.ts'

/**
 * Boot answers beside the LAN's own DHCP server (PXE 2.1, section 2.2: proxyDHCP): an OFFER without an
 * address on port 67, an ACK on 4011. A FreeBSD loader gets none: it would accept the offer without an
 * address and then try RARP.
 */
export class ProxyDhcp {
  readonly #responder: DhcpResponder
  readonly #plans: PlanCache

  constructor(responder: DhcpResponder) {
    this.#responder = responder
    this.#plans = new PlanCache(
      (client, ip) => responder.plan(client, ip, undefined),
      responder.options.clock,
      responder.options.isKnown,
    )
  }

  /**
   * A packet to port 67: a DISCOVER is answered. A REQUEST is for the server that gives the address, unless it
   * asks all boot servers for a boot item.
   */
  async handle(exchange: Exchange): Promise<void> {
    const { message, client } = exchange
    if (messageType(message) === MESSAGE_TYPE.request) {
      // A REQUEST names the address that its sender is about to have (RFC 2131, section 4.3.2).
      this.#noteAddress(exchange, addressOption(message, OPTION.requestedAddress) ?? message.ciaddr)
      if (bootItem(message) !== undefined) return this.handleBootServer(exchange)
    }
    if (messageType(message) !== MESSAGE_TYPE.discover || !isNetworkFirmware(client))
      return this.#responder.count('ignored')
    this.#responder.reportRequest('discover', exchange)
    const plan = await this.#plans.forDiscover(client, undefined)
    if (plan !== undefined) this.#reply(exchange, MESSAGE_TYPE.offer, plan)
  }

  /** The client has, or is about to have, this address of another server. */
  #noteAddress(exchange: Exchange, ip: string): void {
    if (ip === NO_ADDRESS) return
    this.#responder.options.leasedElsewhere?.(exchange.client.mac, ip)
    this.#responder.report('taken', exchange, { level: 'debug', ip })
  }

  /** A packet to port 4011, from a client that has its address. */
  async handleBootServer(exchange: Exchange): Promise<void> {
    const { message, client, from } = exchange
    const type = messageType(message)
    if ((type !== MESSAGE_TYPE.request && type !== MESSAGE_TYPE.inform) || !isNetworkFirmware(client))
      return this.#responder.count('ignored')
    const item = bootItem(message)
    if (item !== undefined && !isOurs(item)) return this.#responder.count('ignored')
    this.#responder.reportRequest(type === MESSAGE_TYPE.request ? 'request' : 'inform', exchange)
    this.#noteAddress(exchange, from.address)
    const plan = await this.#plans.forRequest(client, undefined)
    if (plan === undefined) return
    const vendor: DhcpOption | undefined = item && [OPTION.vendorSpecific, bootItemOptions(item)]
    const options = plan.options.map(entry => (entry[0] === OPTION.vendorSpecific && vendor) || entry)
    this.#reply(exchange, MESSAGE_TYPE.ack, { ...plan, options })
  }

  #reply(exchange: Exchange, type: number, plan: DhcpReply): void {
    const { address: server } = this.#responder.options.lab
    const machineId = option(exchange.message, OPTION.machineId)
    const has = (code: number) => plan.options.some(([present]) => present === code)
    // PXE 2.1, table 2-3: the reply carries the client's machine identifier.
    const id: DhcpReply['options'] =
      machineId === undefined || has(OPTION.machineId) ? [] : [[OPTION.machineId, machineId]]
    const withId = { ...plan, options: [...plan.options, ...id] }
    this.#responder.send(exchange, buildReply(exchange.message, { type, server, plan: withId }))
  }
}

/** PXE_BOOT_ITEM in option 43: the type of boot server and the layer that a client requests, two bytes each. */
function bootItem(message: DhcpMessage): Buffer | undefined {
  const vendor = option(message, OPTION.vendorSpecific)
  const item = vendor && subOption(vendor, PXE_TAG.bootItem)
  return item?.length === 4 ? item : undefined
}

/** The one item of our menu: layer 0 is the boot file; credentials (the layer's highest bit) are not supported. */
const isOurs = (item: Buffer): boolean =>
  item.readUInt16BE() === BOOT_SERVER_TYPE && item.readUInt16BE(2) === 0
