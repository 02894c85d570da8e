import type { DhcpReply } from '../boot/dhcp.ts'
import { BOOT_SERVER_TYPE, bootItemOptions, PXE_TAG } from '../boot/options/pxe.ts'
import { NO_ADDRESS } from './address.ts'
import { addressOption, type DhcpMessage, messageType, option } from './message.ts'
import { type DhcpOption, OPTION, subOptions, TYPE } from './options.ts'
import { Plans } from './plans.ts'
import { buildReply } from './reply.ts'
import type { DhcpResponder, Exchange } from './responder.ts'
import { isNetworkFirmware } from './traits.ts'

/**
 * Boot answers beside the LAN's own DHCP server (PXE 2.1, section 2.2: proxyDHCP): an OFFER without an
 * address on port 67, an ACK on 4011. A FreeBSD loader gets none: it would take the offer without an
 * address for its own and try RARP.
 */
export class ProxyDhcp {
  readonly #desk: DhcpResponder
  readonly #plans: Plans

  constructor(desk: DhcpResponder) {
    this.#desk = desk
    this.#plans = new Plans((client, ip) => desk.decide(client, ip, undefined), desk.options.clock)
  }

  /**
   * A packet to port 67: only a DISCOVER is ours, the REQUEST is the other server's, unless it asks all boot
   * servers for a boot item.
   */
  async handle(query: Exchange): Promise<void> {
    if (messageType(query.message) === TYPE.request) {
      this.#overhear(query)
      if (bootItem(query.message) !== undefined) return this.handleBootServer(query)
    }
    if (messageType(query.message) !== TYPE.discover || !isNetworkFirmware(query.client))
      return this.#desk.count('ignored')
    this.#desk.report('discover', query, { detail: this.#desk.asked(query) })
    const plan = await this.#plans.prepare(query.client, undefined)
    if (plan !== undefined) this.#answer(query, TYPE.offer, plan)
  }

  /** A REQUEST names the address that its sender is about to have (RFC 2131, section 4.3.2). */
  #overhear(query: Exchange): void {
    const { message, client } = query
    const ip = addressOption(message, OPTION.requestedAddress) ?? message.ciaddr
    if (ip === NO_ADDRESS) return
    this.#desk.options.took?.(client.mac, ip)
    this.#desk.report('taken', query, { level: 'debug', ip })
  }

  /** A packet to port 4011, from a client that has its address. */
  async handleBootServer(query: Exchange): Promise<void> {
    const type = messageType(query.message)
    if ((type !== TYPE.request && type !== TYPE.inform) || !isNetworkFirmware(query.client))
      return this.#desk.count('ignored')
    const item = bootItem(query.message)
    if (item !== undefined && !isOurs(item)) return this.#desk.count('ignored')
    this.#desk.report(type === TYPE.request ? 'request' : 'inform', query, {
      detail: this.#desk.asked(query),
    })
    const plan = await this.#plans.ready(query.client, undefined)
    if (plan === undefined) return
    const named: DhcpOption | undefined = item && [OPTION.vendorSpecific, bootItemOptions(item)]
    const options = plan.options.map(entry => (entry[0] === OPTION.vendorSpecific && named) || entry)
    this.#answer(query, TYPE.ack, { ...plan, options })
  }

  #answer(query: Exchange, type: number, plan: DhcpReply): void {
    const { address: server } = this.#desk.options.lab
    const machineId = option(query.message, OPTION.machineId)
    const has = (code: number) => plan.options.some(([known]) => known === code)
    // PXE 2.1, table 2-3: the reply carries the client's machine identifier.
    const id: DhcpReply['options'] =
      machineId === undefined || has(OPTION.machineId) ? [] : [[OPTION.machineId, machineId]]
    const reply = { ...plan, options: [...plan.options, ...id] }
    this.#desk.send(query, buildReply(query.message, { type, server, plan: reply }))
  }
}

/** PXE_BOOT_ITEM in option 43: the type of boot server and the layer that a client asks for, two bytes each. */
function bootItem(message: DhcpMessage): Buffer | undefined {
  const vendor = option(message, OPTION.vendorSpecific)
  const item = vendor && subOptions(vendor)?.find(([code]) => code === PXE_TAG.bootItem)?.[1]
  return item?.length === 4 ? item : undefined
}

/** The item of our menu, whose one layer is the boot file; credentials (the layer's highest bit) there are none. */
const isOurs = (item: Buffer): boolean =>
  item.readUInt16BE() === BOOT_SERVER_TYPE && item.readUInt16BE(2) === 0
